import { FieldName, serializeRequestHead, type Framing } from '@sluice/http1';
import type { UpstreamRequest } from '../exchange/upstream-call.ts';

/** Methods that announce the length of their content even when there is none: RFC 9110 section 8.6. */
const withContent: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Its value is an address of the configuration, or a host that was normalised. */
const HOST = new FieldName('Host', { repeats: true });
const EXPECT = new FieldName('Expect');

/** How the content of a request is delimited: from what is known of it, never from its fields. */
export function requestFraming(method: string, length: number): Exclude<Framing, 'close'> {
  if (length > 0) return 'length';
  if (length < 0) return 'chunked';
  return withContent.has(method) ? 'length' : 'none';
}

/**
 * The head of a request as text, its empty line included. Host is put in place, and for an upgrade what asks for it.
 * @throws TypeError when method, target or fields cannot stand in a head
 */
export function requestHead(request: UpstreamRequest, framing: Exclude<Framing, 'close'>): string {
  const { method, requestTarget, authority, headers, content, upgrade } = request;
  headers.setOwn(HOST, authority);
  // The expectation was met, or will be, on the client's connection.
  if (headers.has(EXPECT)) headers.remove(EXPECT);
  if (upgrade) {
    headers.set('Connection', 'Upgrade');
    headers.set('Upgrade', 'websocket');
  }
  return serializeRequestHead(method, requestTarget, headers, framing, content.length);
}
