import { preflightMethod, type Exchange } from '@sluice/policy-sdk';

/**
 * Whether an earlier policy has recognised the caller: as a consumer, or by what a token or another
 * service states about it.
 */
export function isKnown({ consumer, claims, subject }: Exchange): boolean {
  return consumer !== undefined || claims !== undefined || subject !== undefined;
}

/**
 * Whether the request is a CORS preflight request, which browsers send without credentials
 * (https://fetch.spec.whatwg.org/#cors-preflight-fetch). Authorisation does not apply to it; every
 * other OPTIONS request is treated like any method.
 */
export function isPreflight(exchange: Exchange): boolean {
  return exchange.method === 'OPTIONS' && preflightMethod(exchange) !== undefined;
}
