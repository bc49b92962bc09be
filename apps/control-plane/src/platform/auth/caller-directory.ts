import type { Caller } from './role.ts';

/** Knows the tokens that were given out. Implemented by the feature that keeps them. */
export abstract class CallerDirectory {
  /** The caller whose token has this hash and has not expired; undefined when there is none. */
  abstract findCaller(hash: string): Promise<Caller | undefined>;
}
