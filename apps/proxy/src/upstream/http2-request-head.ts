import { requireRequestLine, requireValue, type HeaderList } from '@sluice/http1';
import type { UpstreamRequest } from '../exchange/upstream-call.ts';
import { appendFields, isGrpcType } from '../net/http2-fields.ts';
import { requestFraming } from './request-head.ts';

/**
 * The head of a request as names and values in turn. Content has a length when it is known, and otherwise ends with the
 * stream. `TE: trailers` is said for gRPC, which cannot do without.
 * @throws TypeError when method, target or authority cannot stand in a head; fields were checked when they entered their list
 */
export function http2RequestHead(request: UpstreamRequest, scheme: 'http' | 'https'): string[] {
  const { method, requestTarget, authority, headers, content } = request;
  requireRequestLine(method, requestTarget);
  requireValue(':authority', authority);
  const raw = [':method', method, ':scheme', scheme, ':authority', authority, ':path', requestTarget];
  if (headers.has('te')) headers.remove('te');
  if (headers.has('expect')) headers.remove('expect');
  appendFields(raw, headers);
  if (isGrpc(headers)) raw.push('te', 'trailers');
  if (requestFraming(method, content.length) === 'length') raw.push('content-length', String(content.length));
  return raw;
}

/** Whether the request is a call of gRPC, the one protocol that has a use for trailers. */
export function isGrpc(headers: HeaderList): boolean {
  return isGrpcType(headers.get('content-type'));
}
