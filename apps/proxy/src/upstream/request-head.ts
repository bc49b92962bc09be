import { FieldName, serializeRequestHead, type Framing } from '@sluice/http1';
import type { UpstreamRequest } from '../exchange/upstream-call.ts';

/** Methods that send Content-Length even without content (RFC 9110 section 8.6). */
const withContent: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * The value is an address from the configuration or a normalized host, so it is not checked again.
 */
const HOST = new FieldName('Host', { repeats: true });
const EXPECT = new FieldName('Expect');

/** Chooses how request content is delimited: by its known length, never by the received fields. */
export function requestFraming(method: string, length: number): Exclude<Framing, 'close'> {
  if (length > 0) return 'length';
  if (length < 0) return 'chunked';
  return withContent.has(method) ? 'length' : 'none';
}

/**
 * Serializes the head of a request, including the empty line. Sets Host and, for an upgrade,
 * Connection and Upgrade.
 * @throws TypeError when method, target or a field is invalid
 */
export function requestHead(request: UpstreamRequest, framing: Exclude<Framing, 'close'>): string {
  const { method, requestTarget, authority, headers, content, upgrade } = request;
  headers.setOwn(HOST, authority);
  // The listener answers Expect on the client connection.
  if (headers.has(EXPECT)) headers.remove(EXPECT);
  if (upgrade) {
    headers.set('Connection', 'Upgrade');
    headers.set('Upgrade', 'websocket');
  }
  return serializeRequestHead(method, requestTarget, headers, framing, content.length);
}
