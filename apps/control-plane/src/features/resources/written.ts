import type { StoredResource } from './stored-resource.ts';

/** The result of a write, before it waits for the nodes. */
export interface Written {
  readonly status: 200 | 201 | 204;
  readonly headers: Readonly<Record<string, string>>;
  /** The representation of the resource; undefined when it was deleted. */
  readonly body: object | undefined;
  /** The revision that the write created; the newest one when nothing changed. */
  readonly revision: number;
  /** True when this is the stored response to an earlier request with the same Idempotency-Key. */
  readonly isReplayed: boolean;
  /** True when the resource was as requested already, so that no revision was created. */
  readonly isUnchanged: boolean;
  /**
   * The resource as it is stored now; undefined when it was deleted or the response is replayed.
   */
  readonly resource: StoredResource | undefined;
}
