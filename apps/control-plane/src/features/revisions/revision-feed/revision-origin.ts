/** Where a revision comes from, as far as it can be followed to the nodes. */
export interface RevisionOrigin {
  /** When it was committed, on the clock of `performance.now`; undefined when that is not known. */
  readonly committedAtMs: number | undefined;
  /** W3C `traceparent` of the write; undefined when the write was not sampled. */
  readonly traceparent: string | undefined;
}
