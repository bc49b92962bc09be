import { isToken } from '@sluice/http1';
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
 * other OPTIONS request is treated like every other request.
 */
export function isPreflight(
  exchange: Pick<Exchange, 'method' | 'headers' | 'contentLength'>,
): boolean {
  return exchange.method === 'OPTIONS'
    ? exchange.contentLength === 0 && preflightMethod(exchange) !== undefined
    : false;
}
