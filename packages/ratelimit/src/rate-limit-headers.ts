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

/**
 * The response fields that tell a client where it stands, in the order they are sent:
 *
 * - `RateLimit-Policy` and `RateLimit`, draft-ietf-httpapi-ratelimit-headers-11: one list item per limit, `q` its size, `w`
 *   its seconds, `r` what is left, `t` seconds until it is whole.
 * - `X-RateLimit-Limit`, `-Remaining`, `-Reset` (seconds from now): the limit that binds, see {@link bindingLimit}.
 * - `Retry-After`, RFC 9110 section 10.2.3: when a limit refuses, seconds until none of them would; at least 1.
 *
 * Empty when there are no limits.
 */
export function rateLimitHeaders(limits: readonly LabelledLimit[]): [name: string, value: string][] {
  const binding = bindingLimit(limits);
  if (binding === undefined) return [];
  let policy = '';
  let state = '';
  for (const { label, decision } of limits) {
    const separator = policy === '' ? '' : ', ';
    policy += separator + label.policyItem;
    state += separator + label.stateStart + decision.remaining + ';t=' + seconds(decision.resetMs);
  }
  const { limit, remaining, resetMs, allowed } = binding.decision;
  const fields: [string, string][] = [
    ['RateLimit-Policy', policy],
    ['RateLimit', state],
    ['X-RateLimit-Limit', `${limit}`],
    ['X-RateLimit-Remaining', `${remaining}`],
    ['X-RateLimit-Reset', `${seconds(resetMs)}`],
  ];
  const after = allowed ? undefined : retryAfterSeconds(limits.map((each) => each.decision));
  if (after !== undefined) fields.push(['Retry-After', `${after}`]);
  return fields;
}

/** The limit a client meets first: of those that refuse the one that does so longest, otherwise the one with the least left. */
export function bindingLimit<Limit extends { readonly decision: LimitDecision }>(limits: readonly Limit[]): Limit | undefined {
  let binding: Limit | undefined;
  for (const each of limits) if (binding === undefined || bindsMore(each.decision, binding.decision)) binding = each;
  return binding;
}

/** The value of Retry-After; undefined when nothing refuses, or when waiting does not help. */
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
