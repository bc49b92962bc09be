/**
 * All faults of the parsers, by name. A fault is a value, never an exception: the parsers return
 * one of these frozen objects, so that refusing hostile bytes allocates nothing. `reason` is for
 * the log and tells the sender what to change.
 *
 * Invariants: every fault closes the connection, because the start of the next message is unknown
 * after it; the status of a fault is that of its entry in the error catalogue.
 */
import { errorEntry } from '@sluice/errors';
import type { ErrorCode } from '@sluice/errors';

/**
 * Name, entry in the catalogue and reason. The rules come from RFC 9112 and from the table of the
 * edge.
 */
const rows = {
  // Start line.
  not_http: ['malformed_request', 'the first byte cannot start an HTTP/1.1 message'],
  blank_line_before_start: [
    'malformed_request',
    'more than one empty line stands before the start line',
  ],
  malformed_request_line: [
    'malformed_request',
    'the request line must be: method SP target SP HTTP-version',
  ],
  malformed_status_line: [
    'malformed_request',
    'the status line must be: HTTP-version SP three digits SP reason',
  ],
  malformed_version: [
    'malformed_request',
    'the HTTP version is missing or misspelt; send HTTP/1.1',
  ],
  unsupported_version: ['http_version_not_supported', 'only HTTP/1.1 and HTTP/1.0 are supported'],
  request_line_too_long: ['uri_too_long', 'the request line is longer than the limit'],
  status_line_too_long: ['malformed_request', 'the status line is longer than the limit'],

  // Field lines.
  bare_line_feed: ['malformed_request', 'a line ends with LF alone; end lines with CRLF'],
  bare_carriage_return: ['malformed_request', 'a CR is not followed by LF'],
  control_character: ['malformed_request', 'NUL or another control character stands in the head'],
  obs_fold: [
    'malformed_request',
    'a header line starts with white space; folded lines are obsolete',
  ],
  space_before_colon: [
    'malformed_request',
    'white space stands between a header name and its colon',
  ],
  missing_colon: ['malformed_request', 'a header line has no colon'],
  invalid_field_name: ['malformed_request', 'a header name is empty or is not a token'],
  header_block_too_large: ['header_fields_too_large', 'the header block is larger than the limit'],
  too_many_header_lines: ['header_fields_too_large', 'there are more header lines than the limit'],
  aliased_protected: [
    'protected_header',
    'a header name with "_" or "." imitates a protected name',
  ],
  repeated_authorization: ['malformed_request', 'there is more than one Authorization header'],
  unmet_expectation: ['expectation_failed', 'the only expectation supported is 100-continue'],
  forbidden_trailer: [
    'malformed_request',
    'a trailer field may not carry framing, routing or credentials',
  ],

  // Framing.
  length_and_coding: [
    'malformed_request',
    'Content-Length and Transfer-Encoding stand in one message',
  ],
  repeated_content_length: ['malformed_request', 'there is more than one Content-Length'],
  invalid_content_length: [
    'malformed_request',
    'Content-Length must be decimal digits without leading zeros, below 2^53',
  ],
  invalid_transfer_coding: [
    'malformed_request',
    'Transfer-Encoding does not end in exactly one plain "chunked"',
  ],
  unsupported_transfer_coding: [
    'transfer_coding_not_implemented',
    'the only transfer coding supported is "chunked"',
  ],
  transfer_coding_in_http_1_0: [
    'malformed_request',
    'Transfer-Encoding does not exist in HTTP/1.0',
  ],
  // RFC 9110 allows it, but readers that do not trim it see another coding and therefore another
  // end of the message.
  tab_around_framing: [
    'malformed_request',
    'a tab stands around the value of Content-Length or Transfer-Encoding',
  ],
  invalid_chunk_size: [
    'malformed_request',
    'a chunk size must be plain hexadecimal digits, below 2^53',
  ],
  invalid_chunk_extension: ['malformed_request', 'a chunk extension is not ;name or ;name=value'],
  chunk_extensions_too_large: [
    'malformed_request',
    'the chunk extensions of the message are larger than the limit',
  ],
  invalid_chunk_terminator: ['malformed_request', 'a chunk does not end with CRLF'],
  truncated_request: ['malformed_request', 'the connection ended in the middle of the request'],

  // Host and target.
  missing_host: [
    'invalid_host',
    'there is no Host header; every HTTP/1.1 request must name its host',
  ],
  repeated_host: ['invalid_host', 'there is more than one Host header'],
  invalid_host: [
    'invalid_host',
    'the host must be a name, an IPv4 address or an IPv6 address in brackets',
  ],
  invalid_port: ['invalid_host', 'the port must be a number from 1 to 65535'],
  host_disagrees: [
    'invalid_host',
    'the Host header disagrees with the authority of the request target',
  ],
  invalid_target_form: [
    'invalid_target',
    'the target must start with "/" or be an http(s) URI; "*" is for OPTIONS',
  ],
  invalid_target_character: [
    'invalid_target',
    'the target holds a character that must be percent-encoded',
  ],
  fragment_in_target: ['invalid_target', 'the target holds "#"; fragments are never sent'],
  invalid_percent_escape: [
    'invalid_target',
    'a "%" in the target is not followed by two hexadecimal digits',
  ],
  encoded_nul: ['invalid_target', 'the target holds %00'],
  encoded_slash: [
    'invalid_target',
    'the path holds an encoded slash or backslash, which this route does not allow',
  ],
  dot_segment_parameter: [
    'invalid_target',
    'a "." or ".." segment carries a parameter or an encoded slash',
  ],

  // Responses.
  unexpected_response_bytes: ['malformed_request', 'bytes arrived while no response was awaited'],
  invalid_status: ['malformed_request', 'the status code is outside 200 to 599'],
  unasked_upgrade: ['malformed_request', '101 arrived without a matching upgrade request'],
  too_many_interim_responses: [
    'malformed_request',
    'there are more interim responses than the limit',
  ],
  closing_interim_response: [
    'malformed_request',
    'an interim response announces the end of the connection',
  ],
  body_forbidden: ['malformed_request', 'a response that cannot have a body announces one'],
  no_response: ['malformed_request', 'the connection ended before the first byte of the response'],
  truncated_response: ['malformed_request', 'the connection ended in the middle of the response'],
} as const satisfies Record<string, readonly [ErrorCode, string]>;

/**
 * The name of one rule that was broken: a key of {@link http1Faults}. Stable, so it suits logs and
 * metric labels.
 */
export type Http1FaultCode = keyof typeof rows;

/** The fault that a parser returns instead of a message. */
export interface Http1Fault {
  readonly code: Http1FaultCode;
  /** The entry of the error catalogue for the response. */
  readonly error: ErrorCode;
  /** HTTP status of that entry. */
  readonly status: number;
  /** The connection cannot be used for another message. */
  readonly close: true;
  readonly reason: string;
}

function catalogueOf(
  errorOf: (code: Http1FaultCode) => ErrorCode,
): Readonly<Record<Http1FaultCode, Http1Fault>> {
  const faults = {} as Record<Http1FaultCode, Http1Fault>;
  for (const code of Object.keys(rows) as Http1FaultCode[]) {
    const error = errorOf(code);
    const { status } = errorEntry(error);
    faults[code] = Object.freeze({ code, error, status, close: true, reason: rows[code][1] });
  }
  return Object.freeze(faults);
}

/** Faults of requests, for a response to the client. */
export const http1Faults = catalogueOf((code) => rows[code][0]);

/** The same faults in a response: the upstream caused them, and the client gets 502. */
export const http1ResponseFaults = catalogueOf((code) =>
  code === 'no_response' || code === 'truncated_response'
    ? 'upstream_reset'
    : 'upstream_malformed_response',
);

/** Distinguishes a fault from a valid result. */
export function isHttp1Fault(value: object): value is Http1Fault {
  return 'close' in value && 'error' in value;
}
