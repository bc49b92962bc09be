/** One resource that a node could not use, and why. */
export interface NodeFault {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** RFC 6901 JSON Pointer into the resource. */
  readonly pointer: string;
  readonly code: string;
  readonly reason: string;
}

/** What became of a revision on one node. */
export interface NodeOutcome {
  readonly id: string;
  readonly gateway: string;
  readonly state: 'live' | 'stale' | 'draining';
  readonly appliedRevision: number;
  /** `not-waited`: the node is stale or draining, so nobody waits for it. */
  readonly outcome: 'applied' | 'pending' | 'rejected' | 'not-waited';
  readonly faults?: readonly NodeFault[];
}

/** What became of a revision on all nodes of the gateways it concerns. */
export interface AppliedReport {
  readonly revision: number;
  readonly status: 'applied' | 'pending' | 'rejected';
  readonly nodes: readonly NodeOutcome[];
}

/** Knows which nodes enforce which revision. Also the injection token of whoever implements it. */
export abstract class AppliedStatus {
  /** Resolves as soon as all live nodes concerned have applied the revision or one has rejected it, at the latest after `timeoutMs`. */
  abstract wait(revision: number, timeoutMs: number): Promise<AppliedReport>;
  /** The same, as it is now. */
  abstract status(revision: number): Promise<AppliedReport>;
}
