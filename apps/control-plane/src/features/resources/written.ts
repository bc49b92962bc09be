import type { StoredResource } from './stored-resource.ts';

/** What a write did, before the nodes are asked. */
export interface Written {
  readonly status: 200 | 201 | 204;
  readonly headers: Readonly<Record<string, string>>;
  /** The resource as the answer shows it; undefined when it was deleted. */
  readonly body: object | undefined;
  /** The revision that was made; the newest one when nothing had to be changed. */
  readonly revision: number;
  /** True when this is the answer of an earlier request with the same Idempotency-Key. */
  readonly isReplayed: boolean;
  /** As it is stored now; undefined when it was deleted, or the answer is replayed. */
  readonly resource: StoredResource | undefined;
}
