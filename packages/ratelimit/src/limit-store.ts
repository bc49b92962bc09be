import type { Period } from '@sluice/schema';

/** The decision of one limit. Counts are requests, times are whole milliseconds from now. */
export interface LimitDecision {
  /** Whether this limit would admit. The request is admitted when all of its limits do. */
  readonly allowed: boolean;
  /** The size of the limit: a bucket's burst, a window's count. */
  readonly limit: number;
  /** What is left after this decision; never negative. */
  readonly remaining: number;
  /** Until the bucket is full again or the window ends. */
  readonly resetMs: number;
  /**
   * Until this limit could admit the same request; 0 when it admits now, Infinity when the cost
   * exceeds the limit.
   */
  readonly retryAfterMs: number;
}

/** Admits at most `burst + ratePerSecond * T` in any interval of T seconds. */
export interface TokenBucket {
  readonly algorithm: 'token-bucket';
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** Admits at most `limit` per calendar period, in UTC. */
export interface CalendarWindow {
  readonly algorithm: 'window';
  readonly limit: number;
  readonly period: Period;
}

export type LimitRule = TokenBucket | CalendarWindow;

/** One limit to check: the subject that is counted (`key`) and the rule. */
export interface LimitRequest {
  readonly key: string;
  readonly rule: LimitRule;
  /**
   * The limit that the key belongs to, such as the id of the policy. A store without room for all
   * keys takes it from the limit with the most keys, so that keys that callers of one limit make up
   * do not harm another limit. Without it, all keys with an equal rule belong to one limit.
   */
  readonly limit?: string | undefined;
}

/**
 * Counts requests against limits. Every store passes the same contract test. State is stored by
 * `key` and algorithm, never by configuration: changing the numbers of a limit does not reset it. A
 * new key has its whole limit.
 */
export interface LimitStore {
  /**
   * Checks all limits for `cost` (a non-negative number, 1 by default) together: either all of them
   * are charged or none is. Returns one decision per request, in order; a key that appears twice is
   * charged twice. A cost of 0 only reads.
   *
   * Rejects with a `GatewayError('policy_failed')` when the store does not answer in time. Throws a
   * RangeError for a cost or a rule that is not valid.
   */
  take(
    requests: readonly LimitRequest[],
    cost?: number,
  ): readonly LimitDecision[] | Promise<readonly LimitDecision[]>;
  /** Ends timers and connections. */
  close(): Promise<void>;
}
