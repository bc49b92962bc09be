/** Passive health checks: the responses to real requests determine the health of a target. */
export interface HealthPolicy {
  /** Consecutive failures after which the target is ejected. */
  readonly failures: number;
  /** How long the target stays ejected before a trial, milliseconds. */
  readonly ejectMs: number;
  /** Status codes that count as failures. */
  readonly failureStatuses: readonly number[];
}

/**
 * Whether a request may use a target: normally, as its trial, not before a trial connection, or not
 * at all.
 */
export type Admission = 'healthy' | 'trial' | 'connect' | 'no';

/**
 * healthy → (N consecutive failures) → ejected for `ejectMs` → one trial → healthy again, or
 * ejected again.
 *
 * A trial is a request with a safe method and without content (RFC 9110 section 9.2.1), so that a
 * failure does no harm. When no such request arrives for `ejectMs` after a trial became possible,
 * the trial is opening a connection, so that a service with POST requests only, such as gRPC,
 * recovers as well. After a trial connection, one failure ejects the target again. There is one
 * trial at a time. It ends with its outcome, or after `trialMs` when no outcome is reported.
 */
export class PassiveHealth {
  private consecutiveFailures = 0;
  private ejected = false;
  private ejectedUntilMs = Number.NEGATIVE_INFINITY;
  private trialEndsAtMs = Number.NEGATIVE_INFINITY;
  /** The time of the last failure; -Infinity when there was none. */
  lastFailureMs = Number.NEGATIVE_INFINITY;

  get healthy(): boolean {
    return !this.ejected;
  }

  /**
   * Decides whether a request may use the target now. `trial` and `connect` start the trial, which
   * the caller ends with `succeed`, `fail`, `connected` or `abandonTrial`.
   *
   * @param isSafe the request may be a trial
   * @param trialMs the time after which a trial without an outcome ends
   */
  admit(nowMs: number, policy: HealthPolicy, isSafe: boolean, trialMs: number): Admission {
    if (!this.ejected) return 'healthy';
    if (nowMs < this.ejectedUntilMs || nowMs < this.trialEndsAtMs) return 'no';
    if (!isSafe && nowMs < this.ejectedUntilMs + policy.ejectMs) return 'no';
    this.trialEndsAtMs = nowMs + trialMs;
    return isSafe ? 'trial' : 'connect';
  }

  /** Reports a response that does not count as a failure. */
  succeed(): void {
    this.consecutiveFailures = 0;
    this.ejected = false;
    this.abandonTrial();
  }

  /**
   * Reports an error response that does not count as a failure. It neither increases nor resets the
   * number of consecutive failures. An ejected target is used again, because it responds.
   */
  answer(): void {
    if (this.ejected) this.succeed();
  }

  /**
   * Reports that the trial connection opened: the target is used again, and the next failure ejects
   * it.
   */
  connected(policy: HealthPolicy): void {
    this.consecutiveFailures = policy.failures - 1;
    this.ejected = false;
    this.abandonTrial();
  }

  /** Ends the trial without an outcome, because its client disconnected. */
  abandonTrial(): void {
    this.trialEndsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Reports a request that failed because of the target. */
  fail(nowMs: number, policy: HealthPolicy): void {
    this.lastFailureMs = nowMs;
    this.consecutiveFailures++;
    this.abandonTrial();
    if (!this.ejected && this.consecutiveFailures < policy.failures) return;
    this.ejected = true;
    this.ejectedUntilMs = nowMs + policy.ejectMs;
  }
}
