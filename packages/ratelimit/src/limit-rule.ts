import { windowBounds } from '@sluice/schema';
import type { LimitDecision, LimitRule } from './limit-store.ts';

/**
 * Throws a RangeError for a rule that could never admit a request, or whose numbers are out of
 * range.
 */
export function assertRule(rule: LimitRule): void {
  if (rule.algorithm === 'token-bucket') {
    if (!(rule.ratePerSecond > 0 && Number.isFinite(rule.ratePerSecond)))
      throw new RangeError('ratePerSecond must be above 0');
    if (!(rule.burst >= 1 && Number.isSafeInteger(rule.burst)))
      throw new RangeError('burst must be a whole number of at least 1');
  } else if (!(rule.limit >= 1 && Number.isSafeInteger(rule.limit))) {
    throw new RangeError('limit must be a whole number of at least 1');
  }
}

/** True when both rules are equal. */
export function sameRule(one: LimitRule, other: LimitRule): boolean {
  if (one === other) return true;
  if (one.algorithm === 'token-bucket')
    return (
      other.algorithm === 'token-bucket' &&
      one.ratePerSecond === other.ratePerSecond &&
      one.burst === other.burst
    );
  return other.algorithm === 'window' && one.limit === other.limit && one.period === other.period;
}

/** Throws a RangeError unless the cost is a number from 0 up. */
export function assertCost(cost: number): void {
  if (!(cost >= 0 && Number.isFinite(cost)))
    throw new RangeError('cost must be a number of at least 0');
}

/** Returns the size of a limit: a bucket's burst, a window's count. */
export function sizeOf(rule: LimitRule): number {
  return rule.algorithm === 'token-bucket' ? rule.burst : rule.limit;
}

/**
 * Returns the seconds for the `w` parameter of RateLimit-Policy: how long an empty bucket takes to
 * fill, or the length of the calendar window that contains `nowMs`. At least 1.
 */
export function windowSecondsOf(rule: LimitRule, nowMs: number): number {
  if (rule.algorithm === 'token-bucket')
    return Math.max(1, Math.ceil(rule.burst / rule.ratePerSecond));
  const { startMs, endMs } = windowBounds(rule.period, nowMs);
  return (endMs - startMs) / 1000;
}

/**
 * Turns the state of a counter into a decision.
 *
 * @param left what the limit has left after the decision, including fractions
 * @param windowEndsInMs until the window ends; ignored for a bucket
 */
export function decide(
  rule: LimitRule,
  allowed: boolean,
  left: number,
  cost: number,
  windowEndsInMs: number,
): LimitDecision {
  const limit = sizeOf(rule);
  const isFull = rule.algorithm === 'token-bucket' && left >= limit;
  return {
    allowed,
    limit,
    remaining: Math.max(0, Math.floor(left)),
    resetMs: isFull ? 0 : untilMs(rule, limit - left, windowEndsInMs),
    retryAfterMs: allowed
      ? 0
      : cost > limit
        ? Number.POSITIVE_INFINITY
        : Math.max(1, untilMs(rule, cost - left, windowEndsInMs)),
  };
}

/** Milliseconds until a limit has gained this many tokens. */
function untilMs(rule: LimitRule, tokens: number, windowEndsInMs: number): number {
  return Math.ceil(
    rule.algorithm === 'token-bucket' ? (tokens / rule.ratePerSecond) * 1000 : windowEndsInMs,
  );
}
