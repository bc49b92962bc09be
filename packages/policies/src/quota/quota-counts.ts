import type { AttachedQuota, QuotaLimit, QuotaPeriod } from '@sluice/policy-sdk';
import {
  limitLabel,
  windowSecondsOf,
  type LimitLabel,
  type LimitRequest,
  type LimitRule,
} from '@sluice/ratelimit';
import { windowBounds } from '@sluice/schema';

/** One limit of a quota: the request to the counter store, and the label that clients see. */
export interface QuotaCount extends LimitRequest {
  labelAt(nowMs: number): LimitLabel;
}

const secondsIn: Readonly<Partial<Record<QuotaPeriod, number>>> = {
  second: 1,
  minute: 60,
  hour: 3600,
};

/**
 * The limits of these quotas. Each is counted under its scope and the quota's id, so that a
 * configuration change does not reset the counter; the same quota that a scope has twice, through
 * two groups, counts once.
 */
export function quotaCounts(quotas: readonly AttachedQuota[]): QuotaCount[] {
  const byKey = new Map<string, QuotaCount>();
  for (const quota of quotas) {
    const kinds = new Map<string, number>();
    const names = new Map<string, number>();
    for (const limit of quota.limits) {
      const kind = numbered(`${limit.per}${limit.burst === undefined ? '' : '-burst'}`, kinds);
      const key = `quota|${quota.scope}|${quota.id}|${kind}`;
      const rule = ruleOf(limit);
      const labelAt = labels(`${quota.name}-${numbered(limit.per, names)}`, rule);
      byKey.set(key, { key, rule, limit: `quota|${quota.id}|${kind}`, labelAt });
    }
  }
  return [...byKey.values()];
}

/** Distinguishes what occurs several times by its order: `day`, `day-2`, `day-3`. */
function numbered(name: string, seen: Map<string, number>): string {
  const nth = (seen.get(name) ?? 0) + 1;
  seen.set(name, nth);
  return nth === 1 ? name : `${name}-${nth}`;
}

function ruleOf({ requests, per, burst }: QuotaLimit): LimitRule {
  if (burst === undefined) return { algorithm: 'window', limit: requests, period: per };
  const seconds = secondsIn[per];
  if (seconds === undefined) throw new Error(`a quota limit per ${per} cannot have a burst`);
  return { algorithm: 'token-bucket', ratePerSecond: requests / seconds, burst };
}

/** Labels by time: months and years differ in length, so a label is valid until its window ends. */
function labels(name: string, rule: LimitRule): (nowMs: number) => LimitLabel {
  let label: LimitLabel | undefined;
  let goodFromMs = 0;
  let goodUntilMs = 0;
  return (nowMs) => {
    if (label === undefined || nowMs >= goodUntilMs || nowMs < goodFromMs) {
      label = limitLabel(name, rule, windowSecondsOf(rule, nowMs));
      if (rule.algorithm === 'window')
        ({ startMs: goodFromMs, endMs: goodUntilMs } = windowBounds(rule.period, nowMs));
      else goodUntilMs = Number.POSITIVE_INFINITY;
    }
    return label;
  };
}
