import type { UpstreamTarget } from '../exchange/upstream-call.ts';
import type { WeightedRoundRobin } from './balance/weighted-round-robin.ts';
import type { HealthPolicy, TargetHealth } from './health.ts';

/** One target of a service, with what is known of it. */
export interface ServiceTarget {
  readonly target: UpstreamTarget;
  readonly health: TargetHealth;
  /** A target of weight 0 takes no requests. */
  readonly weight: number;
}

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

  constructor(id: string, targets: readonly ServiceTarget[], balance: WeightedRoundRobin, policy: HealthPolicy, clock: { readonly nowMs: number }) {
    this.id = id;
    this.targets = targets;
    this.healthOf = new Map(targets.map(({ target, health }) => [target, health]));
    this.balance = balance;
    this.policy = policy;
    this.clock = clock;
  }

  /**
   * The target whose turn it is among the healthy ones not tried yet. When all of them are ejected, the one that failed
   * longest ago is asked all the same: a request that may fail is better than one that must.
   * @returns undefined when there is nothing left to try
   */
  pick(tried?: readonly UpstreamTarget[]): UpstreamTarget | undefined {
    const { targets, balance, policy } = this;
    const { nowMs } = this.clock;
    let fallback: ServiceTarget | undefined;
    // Heavy targets come up several times before a light one does; a bound of twice their number finds most, and the
    // fallback below finds the rest.
    for (let turns = 2 * balance.size; turns > 0; turns--) {
      const candidate = targets[balance.next()] as ServiceTarget;
      if (tried !== undefined && tried.includes(candidate.target)) continue;
      if (candidate.health.admit(nowMs, policy)) return candidate.target;
    }
    for (const candidate of targets) {
      if (candidate.weight === 0 || (tried !== undefined && tried.includes(candidate.target))) continue;
      if (candidate.health.admit(nowMs, policy)) return candidate.target;
      if (fallback === undefined || candidate.health.lastFailureMs < fallback.health.lastFailureMs) fallback = candidate;
    }
    return fallback?.target;
  }

  /** What came of a request to the target: feeds its health. */
  report(target: UpstreamTarget, outcome: 'success' | 'failure'): void {
    const health = this.healthOf.get(target);
    if (outcome === 'success') health?.succeed();
    else health?.fail(this.clock.nowMs, this.policy);
  }

  health(): TargetState[] {
    return this.targets.map(({ target, health }) => ({ address: target.address, healthy: health.healthy }));
  }
}
