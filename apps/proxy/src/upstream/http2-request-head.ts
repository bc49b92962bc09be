import { requireRequestLine, requireValue, type HeaderList } from '@sluice/http1';
import type { UpstreamRequest } from '../exchange/upstream-call.ts';
import { appendFields, isGrpcType } from '../net/http2-fields.ts';
import { requestFraming } from './request-head.ts';

/**
 * Builds the head of a request as alternating names and values. Sets Content-Length when the length
 * is known; otherwise the end of the stream ends the content. Sets `TE: trailers` for gRPC, which
 * requires it.
 * @throws TypeError when method, target or authority is invalid; fields were checked when they were
 *   added to their list
 */
export function http2RequestHead(request: UpstreamRequest, scheme: 'http' | 'https'): string[] {
  const { method, requestTarget, authority, headers, content } = request;
  requireRequestLine(method, requestTarget);
  requireValue(':authority', authority);
  const raw = [
    ':method',
    method,
    ':scheme',
    scheme,
    ':authority',
    authority,
    ':path',
    requestTarget,
  ];
  if (headers.has('te')) headers.remove('te');
  if (headers.has('expect')) headers.remove('expect');
  appendFields(raw, headers);
  if (isGrpc(headers)) raw.push('te', 'trailers');
  if (requestFraming(method, content.length) === 'length')
    raw.push('content-length', String(content.length));
  return raw;
}

/** Whether the request is a gRPC call, the only kind that uses trailers. */
export function isGrpc(headers: HeaderList): boolean {
  return isGrpcType(headers.get('content-type'));
}
