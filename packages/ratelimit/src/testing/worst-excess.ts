import { windowBounds } from '@sluice/schema';
import type { LimitRule } from '../limit-store.ts';

/** The number of admitted requests at one time. */
export interface Admitted {
  readonly atMs: number;
  readonly cost: number;
}

/**
 * Returns the largest excess over the rule in any interval or window; negative when less was
 * admitted. Takes admissions in the order of time. Tests only.
 */
export function worstExcess(admitted: readonly Admitted[], rule: LimitRule): number {
  let worst = Number.NEGATIVE_INFINITY;
  if (rule.algorithm === 'window') {
    const sums = new Map<number, number>();
    for (const { atMs, cost } of admitted) {
      const { startMs } = windowBounds(rule.period, atMs);
      sums.set(startMs, (sums.get(startMs) ?? 0) + cost);
    }
    for (const sum of sums.values()) worst = Math.max(worst, sum - rule.limit);
    return worst;
  }
  // The lowest level below empty equals the largest excess of an interval T over burst + rate * T.
  let level = rule.burst;
  let atMs = admitted[0]?.atMs ?? 0;
  for (const one of admitted) {
    level =
      Math.min(rule.burst, level + ((one.atMs - atMs) * rule.ratePerSecond) / 1_000) - one.cost;
    atMs = one.atMs;
    worst = Math.max(worst, -level);
  }
  return worst;
}
