import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import type { WeightedRoundRobin } from './balance/weighted-round-robin.ts';
import type { HealthPolicy, TargetHealth } from './health.ts';
import type { ConnectionOutcome } from './try-connection.ts';

/** One target of a service, with what is known of it. */
export interface ServiceTarget {
  readonly target: UpstreamTarget;
  readonly health: TargetHealth;
  /** A target of weight 0 takes no requests. */
  readonly weight: number;
  /** Opens a connection and closes it. Calls `onOutcome` once. */
  readonly tryConnect: (onOutcome: (outcome: ConnectionOutcome) => void) => void;
}

/** What came of a request to a target; `abandoned` when that will never be known. */
export type Outcome = 'success' | 'answer' | 'failure' | 'abandoned';

/** The state of a target, for status pages. */
export interface TargetState {
  readonly address: string;
  readonly healthy: boolean;
}

/** The targets of one service: whose turn it is, and who is well. */
export class UpstreamService {
  readonly id: string;
  private readonly targets: readonly ServiceTarget[];
  private readonly healthOf: ReadonlyMap<UpstreamTarget, TargetHealth>;
  private readonly balance: WeightedRoundRobin;
  private readonly policy: HealthPolicy;
  private readonly clock: { readonly nowMs: number };
  private readonly trialMs: number;
  private readonly failureStatuses: ReadonlySet<number>;
  /** True when the target that `pick` gave last was ejected, and the request is its trial. */
  pickedForTrial = false;

  /** @param totalMs how long a request may take: no trial lasts longer */
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
   * The target whose turn it is among the healthy ones not tried yet. When all of them are ejected, the one that failed
   * longest ago is asked all the same: a request that may fail is better than one that must.
   * @param isSafe the request has a safe method and no content, so that it may be the trial of an ejected target
   * @returns undefined when there is nothing left to try
   */
  pick(isSafe: boolean, tried?: readonly UpstreamTarget[]): UpstreamTarget | undefined {
    const { targets, balance } = this;
    this.pickedForTrial = false;
    let fallback: ServiceTarget | undefined;
    // Heavy targets come up several times before a light one does; a bound of twice their number finds most, and the
    // fallback below finds the rest.
    for (let turns = 2 * balance.size; turns > 0; turns--) {
      const candidate = targets[balance.next()] as ServiceTarget;
      if (tried !== undefined && tried.includes(candidate.target)) continue;
      if (this.admits(candidate, isSafe)) return candidate.target;
    }
    for (const candidate of targets) {
      if (candidate.weight === 0 || (tried !== undefined && tried.includes(candidate.target))) continue;
      if (this.admits(candidate, isSafe)) return candidate.target;
      if (fallback === undefined || candidate.health.lastFailureMs < fallback.health.lastFailureMs) fallback = candidate;
    }
    return fallback?.target;
  }

  /** What came of a request to the target: feeds its health. `wasTrial` is what `pickedForTrial` said of it. */
  report(target: UpstreamTarget, outcome: Outcome, wasTrial: boolean): void {
    const health = this.healthOf.get(target);
    if (health === undefined) return;
    if (outcome === 'success') health.succeed();
    else if (outcome === 'answer') health.answer();
    else if (outcome === 'failure') health.fail(this.clock.nowMs, this.policy);
    else if (wasTrial) health.abandonTrial();
  }

  /** What a status code says of the target that answered with it. */
  outcomeOf(status: number): Outcome {
    if (status < 500) return 'success';
    return this.failureStatuses.has(status) ? 'failure' : 'answer';
  }

  health(): TargetState[] {
    return this.targets.map(({ target, health }) => ({ address: target.address, healthy: health.healthy }));
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
