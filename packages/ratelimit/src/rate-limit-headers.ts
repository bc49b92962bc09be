import { sizeOf } from './limit-rule.ts';
import type { LimitDecision, LimitRule } from './limit-store.ts';

/** What clients are told about a limit that stays the same from request to request. */
export interface LimitLabel {
  readonly name: string;
  /** Its item in RateLimit-Policy. */
  readonly policyItem: string;
  /** How its item in RateLimit begins. */
  readonly stateStart: string;
}

/** A decision and the label of its limit. */
export interface LabelledLimit {
  readonly label: LimitLabel;
  readonly decision: LimitDecision;
}

/**
 * Prepares what clients are told about a limit.
 *
 * @param name what it is called in RateLimit and RateLimit-Policy; throws a TypeError unless it is printable ASCII
 * @param windowSeconds see `windowSecondsOf`
 */
export function limitLabel(name: string, rule: LimitRule, windowSeconds: number): LimitLabel {
  // An sf-string, RFC 9651 section 3.3.3.
  if (!/^[\x20-\x7e]*$/.test(name)) throw new TypeError(`the limit name "${name}" is not printable ASCII`);
  const quoted = `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
  return { name, policyItem: `${quoted};q=${sizeOf(rule)};w=${windowSeconds}`, stateStart: `${quoted};r=` };
}

/** What the response fields that tell a client where it stands say. */
export interface LimitFieldValues {
  /** RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers-11: one list item per limit, `q` its size, `w` its seconds. */
  readonly policy: string;
  /** RateLimit, of the same draft: one list item per limit, `r` what is left, `t` seconds until it is whole. */
  readonly state: string;
  /** X-RateLimit-Limit, -Remaining and -Reset (seconds from now): of the limit that binds, see {@link bindingLimit}. */
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

/** What a client is told about limits; undefined when there are none. Retry-After is {@link retryAfterSeconds}. */
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
  return { policy, state, limit: String(limit), remaining: String(remaining), reset: String(seconds(resetMs)) };
}

/** The limit a client meets first: of those that refuse the one that does so longest, otherwise the one with the least left. */
export function bindingLimit<Limit extends { readonly decision: LimitDecision }>(limits: readonly Limit[]): Limit | undefined {
  let binding: Limit | undefined;
  for (const each of limits) if (binding === undefined || bindsMore(each.decision, binding.decision)) binding = each;
  return binding;
}

/** The value of Retry-After (RFC 9110 section 10.2.3), at least 1; undefined when nothing refuses, or when waiting does not help. */
export function retryAfterSeconds(decisions: readonly LimitDecision[]): number | undefined {
  let longestMs = 0;
  for (const { allowed, retryAfterMs } of decisions) if (!allowed) longestMs = Math.max(longestMs, retryAfterMs, 1);
  return longestMs === 0 || longestMs === Number.POSITIVE_INFINITY ? undefined : seconds(longestMs);
}

function bindsMore(one: LimitDecision, other: LimitDecision): boolean {
  if (one.retryAfterMs !== other.retryAfterMs) return one.retryAfterMs > other.retryAfterMs;
  if (one.remaining !== other.remaining) return one.remaining < other.remaining;
  return one.resetMs > other.resetMs;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
