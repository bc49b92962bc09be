import { FieldName, type Exchange } from '@sluice/policy-sdk';
import { bindingLimit, bindsMore, limitFieldValues, type LabelledLimit } from '@sluice/ratelimit';

const POLICY = new FieldName('RateLimit-Policy', { repeats: true });
const STATE = new FieldName('RateLimit');
const LIMIT = new FieldName('X-RateLimit-Limit', { repeats: true });
const REMAINING = new FieldName('X-RateLimit-Remaining');
const RESET = new FieldName('X-RateLimit-Reset');

/**
 * Adds the fields that tell the client about its limits to the response, whether the upstream or
 * the gateway makes it. Every policy that limits appends to the lists of the RateLimit fields; the
 * X-RateLimit fields can describe one limit only, that which the client reaches first of all
 * policies. The refusal itself sets Retry-After.
 */
export function addLimitFields(exchange: Exchange, limits: readonly LabelledLimit[]): void {
  const values = limitFieldValues(limits);
  const binding = bindingLimit(limits)?.decision;
  if (values === undefined || binding === undefined) return;
  exchange.addResponseHeader(POLICY, values.policy);
  exchange.addResponseHeader(STATE, values.state);
  const closest = exchange.closestLimit;
  if (closest !== undefined && !bindsMore(binding, closest)) return;
  exchange.closestLimit = binding;
  exchange.setResponseHeader(LIMIT, values.limit);
  exchange.setResponseHeader(REMAINING, values.remaining);
  exchange.setResponseHeader(RESET, values.reset);
}
