import { catalogue, problemMediaType, type ErrorCode } from '@sluice/errors';
import { HeaderList, isKnownMethod } from '@sluice/http1';
import type { Downstream } from '../exchange/downstream.ts';
import { responseHead, type HeadContext } from './response-head.ts';

/** Methods a 405 of the listener offers instead, RFC 9110 section 15.5.6. */
export const servedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** Which row of the catalogue a method earns, if any: TRACE echoes credentials, CONNECT makes an open relay. */
export function refusalOfMethod(method: string): ErrorCode | undefined {
  if (method === 'TRACE' || method === 'CONNECT') return 'method_not_allowed';
  return isKnownMethod(method) ? undefined : 'method_not_implemented';
}

/** The fields of the refusal that is being made: thousands may be refused in a second, and a list is two arrays. */
const headers = new HeaderList();

/** A whole response that refuses a message, as text of one byte per character. */
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

/** The answer to an OPTIONS that goes no further: `*` asks about the server, and Max-Forwards may have come to 0. */
export function optionsResponse(context: HeadContext): string {
  return responseHead(context, 204, HeaderList.of({ Allow: servedMethods }), 'none', 0);
}

/**
 * What log and traces say of a request that the listener answers itself.
 * @param headers of the request; undefined when they are not those of a well-formed head
 */
export function ownAnswerOf<Headers extends HeaderList | undefined>(request: Downstream, status: number, headers: Headers) {
  const { protocol, encrypted, peerAddress, localPort, method, host, path } = request;
  return { protocol, encrypted, status, peerAddress, localPort, method, host, path, headers };
}
