/** The outcome of asking for admission. Counts are requests, times are whole milliseconds from now. */
export interface LimitDecision {
  /** Whether this limit would admit. The request is admitted when all of its limits do. */
  readonly allowed: boolean;
  /** The size of the limit: a bucket's burst, a window's count. */
  readonly limit: number;
  /** What is left after this decision; never negative. */
  readonly remaining: number;
  /** Until the limit is whole again (bucket) or the window ends. */
  readonly resetMs: number;
  /** Until this limit could admit the same request; 0 when it does, Infinity when the cost is more than the limit. */
  readonly retryAfterMs: number;
}

/** Admits at most `burst + ratePerSecond * T` in any interval of T seconds. */
export interface TokenBucket {
  readonly algorithm: 'token-bucket';
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** A stretch of the calendar. Days, months and years begin at midnight UTC. */
export type Period = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';

/** Admits at most `limit` per calendar period, in UTC. */
export interface CalendarWindow {
  readonly algorithm: 'window';
  readonly limit: number;
  readonly period: Period;
}

export type LimitRule = TokenBucket | CalendarWindow;

/** One limit to be asked of: whose use is counted (`key`) and what the rule is. */
export interface LimitRequest {
  readonly key: string;
  readonly rule: LimitRule;
  /**
   * The limit that the key is one of many of, such as the id of the policy. A store that has no room for all keys takes
   * it from the limit that has the most, so that keys that are made up by callers of one limit are of no harm to another.
   * Without it, all keys with an equal rule count as keys of one limit.
   */
  readonly limit?: string | undefined;
}

/**
 * Where use is counted. Every store passes the same contract test. State is kept by `key` and algorithm, never by
 * configuration: a push that changes a limit's numbers does not reset it. A key never seen before has its whole limit.
 */
export interface LimitStore {
  /**
   * Asks all limits for `cost` (a non-negative number, 1 by default) at once: either all are taken or none is. Answers one
   * decision per request, in order; a key that comes twice is charged twice. A cost of 0 looks without taking.
   *
   * Rejects with a `GatewayError('policy_failed')` when the store cannot be asked in time. Throws a RangeError for a cost
   * or a rule that makes no sense.
   */
  take(requests: readonly LimitRequest[], cost?: number): readonly LimitDecision[] | Promise<readonly LimitDecision[]>;
  /** Ends timers and connections. */
  close(): Promise<void>;
}
