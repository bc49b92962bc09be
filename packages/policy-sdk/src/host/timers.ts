/** A timer of a policy. */
export interface PolicyTimer {
  /** Ends it; a callback that runs already finishes. */
  stop(): void;
}

/**
 * Timers of a policy. The host stops them when the policy closes; what a callback throws is logged.
 * They do not keep the process running. A policy has at most 1,000: beyond that, `every` and
 * `after` throw a RangeError.
 */
export interface PolicyTimers {
  /**
   * Calls `act` every `periodMs` milliseconds, at least 10. While a promise that it returned is
   * pending, calls are left out.
   */
  every(periodMs: number, act: () => unknown): PolicyTimer;
  /** Calls `act` once, after `delayMs` milliseconds. */
  after(delayMs: number, act: () => unknown): PolicyTimer;
}
