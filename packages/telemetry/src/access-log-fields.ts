/**
 * Fields of an access log line, in the order of the line, with their meaning. A field without a
 * value is omitted. Credentials, cookies and the query are not fields, so they cannot leak.
 */
export const accessLogFields = Object.freeze({
  time: 'When the request began: RFC 3339, UTC, milliseconds.',
  requestId: 'Id of the request: the `X-Request-Id` that the upstream and the client receive.',
  traceId: 'W3C trace id, when the request belongs to a trace.',
  route: 'Name of the matched route.',
  service: 'Name of the service of the request.',
  consumer: 'Username of the authenticated consumer.',
  authPolicy:
    'Policy that recognised the caller, or that refused to authenticate or authorise the request.',
  authReason:
    'Why it refused, such as `expired`: a value of the label `reason` of `sluice_auth_total`.',
  target: 'Address of the target of the last attempt.',
  status: 'Status code sent to the client; 499 when the client disconnected before a response.',
  grpcStatus: 'Value of `grpc-status` sent to a gRPC caller, such as 0 for OK; absent without one.',
  source: 'Origin of the response: `client`, `gateway` or `upstream`.',
  code: 'Code of the error catalogue, when the response is one of its errors.',
  reason:
    'Cause of a fault, its first 512 characters; also of an attempt that a retry on another target corrected. Clients never see it.',
  method: 'Request method, as sent.',
  host: 'Host without port, normalised.',
  path: 'Path as the client sent it, normalised. Never the query, which may contain secrets.',
  upstreamPath:
    'Path sent to the target, when the route or the service changes it. Never the query.',
  protocol: 'Protocol of the request, such as `HTTP/1.1`.',
  requestBytes: 'Bytes received from the client.',
  responseBytes: 'Bytes sent to the client.',
  durationMs: 'From the first byte of the request to the last of the response, milliseconds.',
  upstreamDurationMs:
    'Part of the duration spent with targets, milliseconds; absent without an attempt.',
  clientAddress: 'Address of the client; behind trusted proxies, the one that they report.',
  revision: 'Revision of the configuration that served the request.',
  shadow:
    'Policies in shadow mode that would have refused the request; absent when there are none.',
  userAgent: 'User-Agent, its first 256 characters.',
});

/** Name of an access log field. */
export type AccessLogField = keyof typeof accessLogFields;
