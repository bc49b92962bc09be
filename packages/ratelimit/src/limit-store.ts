/** The outcome of asking for admission. Counts are requests, times are milliseconds from now. */
export interface LimitDecision {
  readonly allowed: boolean;
  /** The size of the limit: a bucket's burst, a window's count. */
  readonly limit: number;
  /** What is left after this decision; never negative. */
  readonly remaining: number;
  /** Until the limit is whole again (bucket) or the window ends. */
  readonly resetMs: number;
  /** Until the same request could be admitted; 0 when it was. */
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
  readonly period: 'second' | 'minute' | 'hour' | 'day' | 'month' | 'year';
}

export type LimitRule = TokenBucket | CalendarWindow;

/** One limit to be asked of: whose use is counted (`key`) and what the rule is. */
export interface LimitRequest {
  readonly key: string;
  readonly rule: LimitRule;
}

/**
 * Where use is counted. Every store passes the same contract test. State is kept by `key`, never by configuration: a push
 * does not reset a limit.
 */
export interface LimitStore {
  /**
   * Asks all limits for `cost` at once: either all are taken or none is. Answers one decision per request, in order.
   * Rejects with a `GatewayError('policy_failed')` when the store cannot be asked in time.
   */
  take(requests: readonly LimitRequest[], cost?: number): readonly LimitDecision[] | Promise<readonly LimitDecision[]>;
  /** Ends timers and connections. */
  close(): Promise<void>;
}
