/** Passive health of a target: what the answers to real requests say about it. */
export interface HealthPolicy {
  /** Consecutive failures after which the target is ejected. */
  readonly failures: number;
  /** How long it stays ejected before it is tried again, milliseconds. */
  readonly ejectMs: number;
  /** Status codes that count as failures. */
  readonly failureStatuses: readonly number[];
}

/** How a target is tried again: with the request itself, by a connection, or not now. */
export type Admission = 'healthy' | 'trial' | 'connect' | 'no';

/**
 * healthy → (N consecutive failures) → ejected for `ejectMs` → one trial → healthy again, or ejected again.
 *
 * A trial is a request with a safe method and without content (RFC 9110 section 9.2.1), so that it does no harm when it
 * fails. When none has come for `ejectMs` after the target could be tried, opening a connection is the trial: a service
 * that gets nothing but POSTs, as gRPC does, has its targets back, too. After such a trial one failure ejects again.
 * There is one trial at a time, and it ends with its outcome; one whose outcome is never told counts as over after
 * `trialMs`.
 */
export class TargetHealth {
  private consecutiveFailures = 0;
  private ejected = false;
  private ejectedUntilMs = Number.NEGATIVE_INFINITY;
  private trialEndsAtMs = Number.NEGATIVE_INFINITY;
  /** When the target failed last; -Infinity when it never did. */
  lastFailureMs = Number.NEGATIVE_INFINITY;

  get healthy(): boolean {
    return !this.ejected;
  }

  /**
   * Whether a request may go to the target now. `trial` and `connect` claim the trial: it is to be ended by `succeed`,
   * `fail`, `connected` or `abandonTrial`.
   *
   * @param isSafe the request may be a trial
   * @param trialMs after which a trial that is not heard of is over
   */
  admit(nowMs: number, policy: HealthPolicy, isSafe: boolean, trialMs: number): Admission {
    if (!this.ejected) return 'healthy';
    if (nowMs < this.ejectedUntilMs || nowMs < this.trialEndsAtMs) return 'no';
    if (!isSafe && nowMs < this.ejectedUntilMs + policy.ejectMs) return 'no';
    this.trialEndsAtMs = nowMs + trialMs;
    return isSafe ? 'trial' : 'connect';
  }

  /** A request got an answer that is no fault of the target. */
  succeed(): void {
    this.consecutiveFailures = 0;
    this.ejected = false;
    this.abandonTrial();
  }

  /**
   * A request got an answer that says little: an error of the service that does not count as a failure. It neither adds
   * to the failures in a row nor ends them; an ejected target comes back, because it answers.
   */
  answer(): void {
    if (this.ejected) this.succeed();
  }

  /** A connection was opened as a trial: the target is used again, and the next failure ejects it. */
  connected(policy: HealthPolicy): void {
    this.consecutiveFailures = policy.failures - 1;
    this.ejected = false;
    this.abandonTrial();
  }

  /** The trial ended without an outcome, because its client left. */
  abandonTrial(): void {
    this.trialEndsAtMs = Number.NEGATIVE_INFINITY;
  }

  /** A request failed because of the target. */
  fail(nowMs: number, policy: HealthPolicy): void {
    this.lastFailureMs = nowMs;
    this.consecutiveFailures++;
    this.abandonTrial();
    if (!this.ejected && this.consecutiveFailures < policy.failures) return;
    this.ejected = true;
    this.ejectedUntilMs = nowMs + policy.ejectMs;
  }
}
