import type { LimitDecision } from './limit-store.ts';

/** A decision with what clients are told about its limit. */
export interface NamedLimit {
  /** ASCII; what the limit is called in RateLimit and RateLimit-Policy. */
  readonly name: string;
  /** See `windowSecondsOf`. */
  readonly windowSeconds: number;
  readonly decision: LimitDecision;
}

/**
 * The response fields that tell a client where it stands, in the order they are sent:
 *
 * - `RateLimit-Policy` and `RateLimit`, draft-ietf-httpapi-ratelimit-headers-11: one list item per limit, `q` its size, `w`
 *   its seconds, `r` what is left, `t` seconds until it is whole.
 * - `X-RateLimit-Limit`, `-Remaining`, `-Reset` (seconds from now): the limit that binds, see {@link bindingLimit}.
 * - `Retry-After`, RFC 9110 section 10.2.3: when a limit refuses, seconds until none of them would; at least 1.
 *
 * Empty when there are no limits. Throws a TypeError for a name that is not printable ASCII.
 */
export function rateLimitHeaders(limits: readonly NamedLimit[]): [name: string, value: string][] {
  const binding = bindingLimit(limits);
  if (binding === undefined) return [];
  const { limit, remaining, resetMs } = binding.decision;
  const fields: [string, string][] = [
    ['RateLimit-Policy', limits.map((each) => `${quoted(each.name)};q=${each.decision.limit};w=${each.windowSeconds}`).join(', ')],
    ['RateLimit', limits.map((each) => `${quoted(each.name)};r=${each.decision.remaining};t=${seconds(each.decision.resetMs)}`).join(', ')],
    ['X-RateLimit-Limit', String(limit)],
    ['X-RateLimit-Remaining', String(remaining)],
    ['X-RateLimit-Reset', String(seconds(resetMs))],
  ];
  const after = retryAfterSeconds(limits.map((each) => each.decision));
  if (after !== undefined) fields.push(['Retry-After', String(after)]);
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

/** An sf-string, RFC 9651 section 3.3.3. */
function quoted(name: string): string {
  if (!/^[\x20-\x7e]*$/.test(name)) throw new TypeError(`the limit name "${name}" is not printable ASCII`);
  return `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}
