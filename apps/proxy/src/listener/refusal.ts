import { catalogue, problemMediaType, type ErrorCode } from '@sluice/errors';
import { HeaderList, isKnownMethod } from '@sluice/http1';
import type { Downstream } from '../exchange/downstream.ts';
import { responseHead, type HeadContext } from './response-head.ts';

/** The Allow field of a 405 response of the listener (RFC 9110 section 15.5.6). */
export const servedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/**
 * The error code for a method that is not served. TRACE would echo credentials; CONNECT would make
 * an open relay.
 */
export function refusalOfMethod(method: string): ErrorCode | undefined {
  if (method === 'TRACE' || method === 'CONNECT') return 'method_not_allowed';
  return isKnownMethod(method) ? undefined : 'method_not_implemented';
}

/** Reused for every refusal, because thousands of requests may be refused per second. */
const headers = new HeaderList();

/** Serializes the response that refuses a message, as text of one byte per character. */
export function refusalResponse(context: HeadContext, code: ErrorCode, content: string): string {
  const { status } = catalogue[code];
  headers.clear();
  headers.set('Content-Type', problemMediaType);
  if (code === 'method_not_allowed') headers.set('Allow', servedMethods);
  if (status === 503) headers.set('Retry-After', '1');
  const body = Buffer.from(content);
  const head = responseHead(context, status, headers, 'length', body.length);
  return context.method === 'HEAD' ? head : head + body.toString('latin1');
}

/**
 * Serializes the response to an OPTIONS request that is not forwarded: its target is `*`, or its
 * Max-Forwards is 0.
 */
export function optionsResponse(context: HeadContext): string {
  return responseHead(context, 204, HeaderList.of({ Allow: servedMethods }), 'none', 0);
}

/**
 * Describes a request that the listener answers itself, for log and traces.
 * @param headers of the request; undefined when its head is not well-formed
 */
export function ownAnswerOf<Headers extends HeaderList | undefined>(
  request: Downstream,
  status: number,
  headers: Headers,
) {
  const { protocol, encrypted, peerAddress, localPort, method, host, path } = request;
  return { protocol, encrypted, status, peerAddress, localPort, method, host, path, headers };
}
