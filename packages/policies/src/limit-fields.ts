import type { Exchange } from '@sluice/policy-sdk';
import { rateLimitHeaders, type LabelledLimit } from '@sluice/ratelimit';

/**
 * Puts what the client is told about limits on the response, whoever makes it. The lists of the RateLimit fields grow with
 * every policy that limits; the X-RateLimit triple can speak of one limit only, and speaks of the last one asked.
 * Retry-After is left to the refusal.
 */
export function addLimitFields(exchange: Exchange, limits: readonly LabelledLimit[]): void {
  for (const [name, value] of rateLimitHeaders(limits)) {
    if (name.startsWith('X-')) exchange.setResponseHeader(name, value);
    else if (name !== 'Retry-After') exchange.addResponseHeader(name, value);
  }
}
