import { FieldName, type Exchange } from '@sluice/policy-sdk';
import { rateLimitHeaders, type LabelledLimit } from '@sluice/ratelimit';

/** The fields by their names, looked up once. Those that every limit adds a list item to, and those that speak of one limit. */
const lists: ReadonlyMap<string, FieldName> = prepared(['RateLimit-Policy', 'RateLimit']);
const triple: ReadonlyMap<string, FieldName> = prepared(['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']);

/**
 * Puts what the client is told about limits on the response, whoever makes it. The lists of the RateLimit fields grow with
 * every policy that limits; the X-RateLimit triple can speak of one limit only, and speaks of the last one asked.
 * Retry-After is left to the refusal.
 */
export function addLimitFields(exchange: Exchange, limits: readonly LabelledLimit[]): void {
  for (const [name, value] of rateLimitHeaders(limits)) {
    const list = lists.get(name);
    const single = list === undefined ? triple.get(name) : undefined;
    if (list !== undefined) exchange.addResponseHeader(list, value);
    else if (single !== undefined) exchange.setResponseHeader(single, value);
  }
}

function prepared(names: readonly string[]): ReadonlyMap<string, FieldName> {
  return new Map(names.map((name) => [name, new FieldName(name)]));
}
