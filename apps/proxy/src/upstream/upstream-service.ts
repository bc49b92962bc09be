import type { Outcome, Upstream, UpstreamTarget } from '../exchange/upstream-call.ts';
import type { WeightedRoundRobin } from './balance/weighted-round-robin.ts';
import type { HealthPolicy, PassiveHealth } from './health.ts';
import type { ConnectionOutcome } from './try-connection.ts';

/** One target of a service and its health. */
export interface ServiceTarget {
  readonly target: UpstreamTarget;
  readonly health: PassiveHealth;
  /** A target of weight 0 receives no requests. */
  readonly weight: number;
  /** Opens and closes a connection. Calls `onOutcome` once. */
  readonly tryConnect: (onOutcome: (outcome: ConnectionOutcome) => void) => void;
}

/** The state of a target, for the status port. */
export interface TargetState {
  readonly address: string;
  readonly healthy: boolean;
}

/** Balances requests between the targets of one service and tracks their health. */
export class UpstreamService implements Upstream {
  readonly id: string;
  private readonly targets: readonly ServiceTarget[];
  private readonly healthOf: ReadonlyMap<UpstreamTarget, PassiveHealth>;
  private readonly balance: WeightedRoundRobin;
  private readonly policy: HealthPolicy;
  private readonly clock: { readonly nowMs: number };
  private readonly trialMs: number;
  private readonly failureStatuses: ReadonlySet<number>;
  /** Whether the target that `pick` returned last is ejected and the request is its trial. */
  pickedForTrial = false;

  /** @param totalMs the timeout of a request, which also bounds trials */
  constructor(
    id: string,
    targets: readonly ServiceTarget[],
    balance: WeightedRoundRobin,
    policy: HealthPolicy,
    clock: { readonly nowMs: number },
    totalMs: number,
  ) {
    this.id = id;
    this.targets = targets;
    this.healthOf = new Map(targets.map(({ target, health }) => [target, health]));
    this.balance = balance;
    this.policy = policy;
    this.clock = clock;
    this.trialMs = Math.max(policy.ejectMs, totalMs);
    this.failureStatuses = new Set(policy.failureStatuses);
  }

  /**
   * Picks the next healthy target that was not tried yet. When all are ejected, picks the one whose
   * last failure is oldest, because an attempt that may fail is better than a certain error.
   * @param isSafe the request has a safe method and no content, so that it may be the trial of an
   *   ejected target
   * @returns undefined when every target was tried
   */
  pick(isSafe: boolean, tried?: readonly UpstreamTarget[]): UpstreamTarget | undefined {
    const { targets, balance } = this;
    this.pickedForTrial = false;
    let fallback: ServiceTarget | undefined;
    // The balancer repeats heavy targets before it selects a light one. Twice the number of targets
    // finds most of them; the fallback below finds the rest.
    for (let turns = 2 * balance.size; turns > 0; turns--) {
      const candidate = targets[balance.next()] as ServiceTarget;
      if (tried !== undefined && tried.includes(candidate.target)) continue;
      if (this.admits(candidate, isSafe)) return candidate.target;
    }
    for (const candidate of targets) {
      if (candidate.weight === 0 || (tried !== undefined && tried.includes(candidate.target)))
        continue;
      if (this.admits(candidate, isSafe)) return candidate.target;
      if (fallback === undefined || candidate.health.lastFailureMs < fallback.health.lastFailureMs)
        fallback = candidate;
    }
    return fallback?.target;
  }

  /**
   * Updates the health of the target.
   * @param wasTrial the value of `pickedForTrial` after the pick
   */
  report(target: UpstreamTarget, outcome: Outcome, wasTrial: boolean): void {
    const health = this.healthOf.get(target);
    if (health === undefined) return;
    if (outcome === 'success') health.succeed();
    else if (outcome === 'answer') health.answer();
    else if (outcome === 'failure') health.fail(this.clock.nowMs, this.policy);
    else if (wasTrial) health.abandonTrial();
  }

  /** Classifies a status code as an outcome for the target. */
  outcomeOf(status: number): Outcome {
    if (status < 500) return 'success';
    return this.failureStatuses.has(status) ? 'failure' : 'answer';
  }

  health(): TargetState[] {
    return this.targets.map(({ target, health }) => ({
      address: target.address,
      healthy: health.healthy,
    }));
  }

  private admits(candidate: ServiceTarget, isSafe: boolean): boolean {
    const { health } = candidate;
    if (health.healthy) return true;
    const admission = health.admit(this.clock.nowMs, this.policy, isSafe, this.trialMs);
    if (admission === 'connect') this.tryConnection(candidate);
    this.pickedForTrial = admission === 'trial';
    return this.pickedForTrial;
  }

  private tryConnection({ health, tryConnect }: ServiceTarget): void {
    tryConnect((outcome) => {
      if (outcome === 'connected') health.connected(this.policy);
      else if (outcome === 'failed') health.fail(this.clock.nowMs, this.policy);
      else health.abandonTrial();
    });
  }
}
