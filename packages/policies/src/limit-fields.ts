import { FieldName, type Exchange } from '@sluice/policy-sdk';
import { limitFieldValues, type LabelledLimit } from '@sluice/ratelimit';

const POLICY = new FieldName('RateLimit-Policy');
const STATE = new FieldName('RateLimit');
const LIMIT = new FieldName('X-RateLimit-Limit');
const REMAINING = new FieldName('X-RateLimit-Remaining');
const RESET = new FieldName('X-RateLimit-Reset');

/**
 * Puts what the client is told about limits on the response, whoever makes it. The lists of the RateLimit fields grow with
 * every policy that limits; the X-RateLimit triple can speak of one limit only, and speaks of the last one asked.
 * Retry-After is left to the refusal.
 */
export function addLimitFields(exchange: Exchange, limits: readonly LabelledLimit[]): void {
  const values = limitFieldValues(limits);
  if (values === undefined) return;
  exchange.addResponseHeader(POLICY, values.policy);
  exchange.addResponseHeader(STATE, values.state);
  exchange.setResponseHeader(LIMIT, values.limit);
  exchange.setResponseHeader(REMAINING, values.remaining);
  exchange.setResponseHeader(RESET, values.reset);
}
