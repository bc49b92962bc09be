/**
 * Passive health of one target: what real traffic says about it.
 *
 * healthy → (N consecutive failures) → ejected for `ejectMs` → one trial request → healthy again, or ejected again.
 * A trial whose outcome is never reported (its client went away) counts as over after `ejectMs`.
 */
export interface HealthPolicy {
  /** Consecutive failures after which the target is taken out. */
  readonly failures: number;
  /** How long it stays out before one request tries it again, milliseconds. */
  readonly ejectMs: number;
}

export class TargetHealth {
  private consecutiveFailures = 0;
  private ejectedUntilMs = Number.NEGATIVE_INFINITY;
  private ejected = false;
  /** When the target failed last; -Infinity when it never did. */
  lastFailureMs = Number.NEGATIVE_INFINITY;

  get healthy(): boolean {
    return !this.ejected;
  }

  /** True when a request may go to the target now. For an ejected target whose time is over this claims the trial. */
  admit(nowMs: number, policy: HealthPolicy): boolean {
    if (!this.ejected) return true;
    if (nowMs < this.ejectedUntilMs) return false;
    this.ejectedUntilMs = nowMs + policy.ejectMs;
    return true;
  }

  /** A request got an answer. */
  succeed(): void {
    this.consecutiveFailures = 0;
    this.ejected = false;
  }

  /** A request failed because of the target. */
  fail(nowMs: number, policy: HealthPolicy): void {
    this.lastFailureMs = nowMs;
    this.consecutiveFailures++;
    if (this.ejected) {
      this.ejectedUntilMs = nowMs + policy.ejectMs;
    } else if (this.consecutiveFailures >= policy.failures) {
      this.ejected = true;
      this.ejectedUntilMs = nowMs + policy.ejectMs;
    }
  }
}
