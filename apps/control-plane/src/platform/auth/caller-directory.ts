import type { Caller } from './role.ts';

/** Looks up the callers of the stored tokens. The feature that stores tokens implements it. */
export abstract class CallerDirectory {
  /** The caller whose token has this hash and has not expired; undefined when there is none. */
  abstract findCaller(hash: string): Promise<Caller | undefined>;
}
