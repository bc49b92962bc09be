/**
 * All errors that Sluice answers with, in one table. The generated reference, the metric label
 * `code` and the problem documents come from it, and a test keeps them equal. Add an error here,
 * never as a literal elsewhere.
 */

/**
 * The party that caused the error and should act: the caller, this gateway (or its operator), or
 * the upstream service.
 */
export type ErrorSource = 'client' | 'gateway' | 'upstream';

export interface ErrorEntry {
  /** HTTP status code, RFC 9110 section 15. */
  readonly status: number;
  readonly source: ErrorSource;
  /** True when the same, unchanged request may succeed later. */
  readonly retry: boolean;
  /** RFC 9457 `title`: the same for every occurrence of the code. */
  readonly title: string;
}

const entry = (status: number, source: ErrorSource, retry: boolean, title: string): ErrorEntry =>
  Object.freeze({ status, source, retry, title });

/** The catalogue, by code. Codes are stable: clients match on them. */
export const catalogue = Object.freeze({
  // The edge: what a client sent could not be accepted as HTTP.
  malformed_request: entry(400, 'client', false, 'The request is not well-formed HTTP'),
  invalid_target: entry(400, 'client', false, 'The request target is not acceptable'),
  invalid_host: entry(400, 'client', false, 'The Host header is missing or not acceptable'),
  protected_header: entry(
    400,
    'client',
    false,
    'A header imitates a protected header of the gateway',
  ),
  request_timeout: entry(408, 'client', true, 'The request was not received in time'),
  content_too_large: entry(413, 'client', false, 'The request content is too large'),
  uri_too_long: entry(414, 'client', false, 'The request target is too long'),
  expectation_failed: entry(417, 'client', false, 'The expectation cannot be met'),
  header_fields_too_large: entry(431, 'client', false, 'The request header fields are too large'),
  method_not_implemented: entry(501, 'client', false, 'The method is not known'),
  transfer_coding_not_implemented: entry(
    501,
    'client',
    false,
    'The transfer coding is not supported',
  ),
  http_version_not_supported: entry(505, 'client', false, 'The HTTP version is not supported'),

  // Routing and access.
  route_not_found: entry(404, 'client', false, 'No route matches the request'),
  method_not_allowed: entry(405, 'client', false, 'The method is not allowed here'),
  unauthorized: entry(401, 'client', false, 'A credential is required'),
  invalid_credential: entry(401, 'client', false, 'The credential is not valid'),
  credential_expired: entry(401, 'client', false, 'The credential has expired'),
  credential_disabled: entry(401, 'client', false, 'The credential is disabled'),
  too_many_failures: entry(429, 'client', true, 'Too many failed attempts to authenticate'),
  forbidden: entry(403, 'client', false, 'Access is denied'),
  insufficient_scope: entry(403, 'client', false, 'The token lacks a scope'),
  address_denied: entry(403, 'client', false, 'Access is denied for this client address'),
  rate_limited: entry(429, 'client', true, 'The rate limit is exceeded'),
  quota_exceeded: entry(429, 'client', true, 'The quota is exceeded'),

  // The gateway itself.
  internal_error: entry(500, 'gateway', true, 'The gateway failed to process the request'),
  policy_failed: entry(503, 'gateway', true, 'A policy could not be evaluated'),
  loop_detected: entry(508, 'gateway', false, 'The request goes around in a loop'),
  resource_quarantined: entry(
    503,
    'gateway',
    true,
    'The configuration of this route is not usable',
  ),
  not_ready: entry(503, 'gateway', true, 'The node has no configuration yet'),
  overloaded: entry(503, 'gateway', true, 'The gateway is overloaded'),
  too_many_connections: entry(503, 'gateway', true, 'Too many connections'),
  local_resources_exhausted: entry(
    503,
    'gateway',
    true,
    'The gateway has no resources left for another connection',
  ),
  content_buffers_full: entry(
    503,
    'gateway',
    true,
    'The gateway has no memory left to buffer content',
  ),

  // The upstream side.
  no_target_available: entry(503, 'upstream', true, 'No target of the service is available'),
  upstream_connect_failed: entry(502, 'upstream', true, 'The upstream could not be reached'),
  upstream_reset: entry(502, 'upstream', true, 'The upstream closed the connection'),
  upstream_malformed_response: entry(
    502,
    'upstream',
    true,
    'The upstream sent a response that is not well-formed',
  ),
  upstream_content_too_large: entry(
    502,
    'upstream',
    false,
    'The content of the upstream is larger than a policy accepts',
  ),
  upstream_timeout: entry(504, 'upstream', true, 'The upstream did not answer in time'),

  // The Admin API.
  validation_failed: entry(400, 'client', false, 'The request content is not valid'),
  unknown_parameter: entry(400, 'client', false, 'A query parameter is not known'),
  malformed_content: entry(400, 'client', false, 'The request content cannot be parsed'),
  reference_not_found: entry(400, 'client', false, 'A referenced resource does not exist'),
  admin_unauthorized: entry(401, 'client', false, 'An Admin API token is required'),
  admin_forbidden: entry(403, 'client', false, 'The token does not allow this'),
  resource_not_found: entry(404, 'client', false, 'The resource does not exist'),
  admin_method_not_allowed: entry(
    405,
    'client',
    false,
    'The resource does not support this method',
  ),
  name_taken: entry(409, 'client', false, 'The name is already taken'),
  still_referenced: entry(409, 'client', false, 'The resource is still referenced'),
  idempotency_conflict: entry(
    409,
    'client',
    false,
    'The idempotency key was used for another request',
  ),
  control_plane_outdated: entry(
    409,
    'gateway',
    true,
    'A control plane of an earlier release is connected',
  ),
  precondition_failed: entry(412, 'client', false, 'The resource has changed since it was read'),
  unsupported_media_type: entry(415, 'client', false, 'The content type is not supported'),
  revision_rejected: entry(422, 'gateway', false, 'A node rejected the revision'),
  too_many_failed_logins: entry(429, 'client', true, 'Too many failed logins'),
  encryption_key_mismatch: entry(
    503,
    'gateway',
    false,
    'The encryption key does not fit the database',
  ),
  database_unavailable: entry(503, 'gateway', true, 'The database is not available'),
} satisfies Record<string, ErrorEntry>);

/** A stable error code: a key of {@link catalogue}. */
export type ErrorCode = keyof typeof catalogue;

/** All codes, in catalogue order. */
export const errorCodes = Object.freeze(Object.keys(catalogue) as ErrorCode[]);

/** Returns the catalogue entry of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return catalogue[code];
}
