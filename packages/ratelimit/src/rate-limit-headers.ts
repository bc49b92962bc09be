import { sizeOf } from './limit-rule.ts';
import type { LimitDecision, LimitRule } from './limit-store.ts';

/** The parts of the limit fields that stay the same from request to request. */
export interface LimitLabel {
  readonly name: string;
  /** The item of the limit in RateLimit-Policy. */
  readonly policyItem: string;
  /** The start of its item in RateLimit. */
  readonly stateStart: string;
}

/** A decision and the label of its limit. */
export interface LabelledLimit {
  readonly label: LimitLabel;
  readonly decision: LimitDecision;
}

/**
 * Prepares the constant parts of the limit fields.
 *
 * @param name its name in RateLimit and RateLimit-Policy; throws a TypeError unless it is printable
 * ASCII
 * @param windowSeconds see `windowSecondsOf`
 */
export function limitLabel(name: string, rule: LimitRule, windowSeconds: number): LimitLabel {
  // An sf-string, RFC 9651 section 3.3.3.
  if (!/^[\x20-\x7e]*$/.test(name))
    throw new TypeError(`the limit name "${name}" is not printable ASCII`);
  const quoted = `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
  return {
    name,
    policyItem: `${quoted};q=${sizeOf(rule)};w=${windowSeconds}`,
    stateStart: `${quoted};r=`,
  };
}

/** Values of the response fields that tell a client the state of its limits. */
export interface LimitFieldValues {
  /**
   * RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers-11: one list item per limit, `q` its
   * size, `w` its seconds.
   */
  readonly policy: string;
  /**
   * RateLimit, of the same draft: one list item per limit, `r` what is left, `t` seconds until it
   * is full again.
   */
  readonly state: string;
  /**
   * X-RateLimit-Limit, -Remaining and -Reset (seconds from now): for the binding limit, see
   * {@link bindingLimit}.
   */
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

/**
 * Returns the values of the limit fields; undefined without limits. Retry-After is
 * {@link retryAfterSeconds}.
 */
export function limitFieldValues(limits: readonly LabelledLimit[]): LimitFieldValues | undefined {
  const binding = bindingLimit(limits);
  if (binding === undefined) return undefined;
  let policy = '';
  let state = '';
  for (const { label, decision } of limits) {
    const separator = policy === '' ? '' : ', ';
    policy += separator + label.policyItem;
    state += separator + label.stateStart + decision.remaining + ';t=' + seconds(decision.resetMs);
  }
  const { limit, remaining, resetMs } = binding.decision;
  return {
    policy,
    state,
    limit: String(limit),
    remaining: String(remaining),
    reset: String(seconds(resetMs)),
  };
}

/**
 * Returns the limit that the client reaches first: the one that refuses longest or, if none
 * refuses, the one with the least left.
 */
export function bindingLimit<Limit extends { readonly decision: LimitDecision }>(
  limits: readonly Limit[],
): Limit | undefined {
  let binding: Limit | undefined;
  for (const each of limits)
    if (binding === undefined || bindsMore(each.decision, binding.decision)) binding = each;
  return binding;
}

/**
 * Returns the value of Retry-After (RFC 9110 section 10.2.3), at least 1; undefined when no limit
 * refuses or waiting does not help.
 */
export function retryAfterSeconds(decisions: readonly LimitDecision[]): number | undefined {
  let longestMs = 0;
  for (const { allowed, retryAfterMs } of decisions)
    if (!allowed) longestMs = Math.max(longestMs, retryAfterMs, 1);
  return longestMs === 0 || longestMs === Number.POSITIVE_INFINITY ? undefined : seconds(longestMs);
}

/** True when the client reaches the first limit before the second. */
export function bindsMore(one: LimitDecision, other: LimitDecision): boolean {
  if (one.retryAfterMs !== other.retryAfterMs) return one.retryAfterMs > other.retryAfterMs;
  if (one.remaining !== other.remaining) return one.remaining < other.remaining;
  return one.resetMs > other.resetMs;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
