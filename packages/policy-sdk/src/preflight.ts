import { isToken, listItems } from '@sluice/http1';
import type { Exchange } from './exchange.ts';

/**
 * Returns the method that a CORS preflight request announces
 * (https://fetch.spec.whatwg.org/#cors-preflight-request); undefined for every other request. A
 * preflight request has the method OPTIONS, one Origin and one Access-Control-Request-Method that
 * names a method.
 */
export function preflightMethod({
  method,
  headers,
}: Pick<Exchange, 'method' | 'headers'>): string | undefined {
  if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return undefined;
  const [asked = '', ...more] = headers.getAll('access-control-request-method');
  return more.length === 0 && isToken(asked) && headers.getAll('origin').length === 1
    ? asked
    : undefined;
}

/**
 * Whether a request is a CORS preflight without content, which browsers send without credentials:
 * it passes authentication and authorisation, and the upstream answers it when no policy does. Any
 * other OPTIONS request is treated like every other request, also one that names the fields of a
 * preflight in Connection, because they are removed before the upstream receives it.
 */
export function isPreflight(
  exchange: Pick<Exchange, 'method' | 'headers' | 'contentLength'>,
): boolean {
  if (exchange.method !== 'OPTIONS' || exchange.contentLength !== 0) return false;
  return preflightMethod(exchange) !== undefined && !losesFields(exchange);
}

/** Whether Connection names a field without which the request is no preflight. */
function losesFields({ headers }: Pick<Exchange, 'headers'>): boolean {
  const named = listItems(headers.getAll('connection'));
  return named.some((name) => ofPreflight.has(name.toLowerCase()));
}

const ofPreflight: ReadonlySet<string> = new Set(['origin', 'access-control-request-method']);
