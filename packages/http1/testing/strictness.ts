/**
 * Every way in which this package is stricter than Node's own parser (llhttp, strict mode), by the
 * name of the fault or of the difference. The differential test fails for any other difference, and
 * a spec compares this list with the table of the README.
 */
export interface Strictness {
  readonly why: string;
  /** The bytes of a request with the difference. */
  readonly request?: string;
  /** The bytes of responses to one GET with the difference, before the end of the connection. */
  readonly response?: string;
}

export const strictness: Readonly<Record<string, Strictness>> = {
  // Differences without a fault.
  unknown_method: {
    why: 'Any token is a method to the parser; the listener answers 501 to one that is not registered.',
    request: 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  upgrade_ignored: {
    why: 'An upgrade is recognised only for GET, HTTP/1.1, without a body, to exactly websocket; others are served as plain requests.',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
  },
  closes_earlier: {
    why: '`close` wins over `keep-alive` in HTTP/1.0 too.',
    request: 'GET / HTTP/1.0\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n',
  },

  // Start line.
  not_http: {
    why: 'Nothing may precede a start line but one CRLF before a request; llhttp skips any number of CR and LF.',
    request: '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  blank_line_before_start: {
    why: 'A second empty line before a request is refused.',
    request: '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  bare_carriage_return: {
    why: 'A CR before a request line must be followed by LF.',
    request: '\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  malformed_request_line: {
    why: 'Exactly one space stands between the parts of a request line.',
    request: 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  malformed_version: {
    why: 'A request line without a version is refused; llhttp reads it as HTTP/0.9.',
    request: 'GET /\r\nHost: a\r\n\r\n',
  },
  bare_line_feed: {
    why: 'The end of a request line without a version is judged like any other.',
    request: 'GET /\nHost: a\r\n\r\n',
  },
  unsupported_version: {
    why: 'HTTP/1.1 and HTTP/1.0 only; llhttp also reads 0.9 and 2.0.',
    request: 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
  },
  invalid_status: {
    why: 'A final status lies between 200 and 599.',
    response: 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n',
  },
  control_character: {
    why: 'A reason phrase holds no control character.',
    response: 'HTTP/1.1 200 O\x7fK\r\nContent-Length: 0\r\n\r\n',
  },

  // Target, host and fields.
  invalid_target_form: {
    why: 'The target has the form that its method allows, and an absolute one is http or https.',
    request: 'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  fragment_in_target: {
    why: 'A target holds no fragment.',
    request: 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  missing_host: {
    why: 'Every request of HTTP/1.1 names its host in Host.',
    request: 'GET / HTTP/1.1\r\n\r\n',
  },
  repeated_host: {
    why: 'There is one Host field.',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  },
  invalid_host: {
    why: 'A host is a name, an IPv4 address or an IPv6 address in brackets.',
    request: 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n',
  },
  invalid_port: {
    why: 'A port is a number from 1 to 65535, or empty.',
    request: 'GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n',
  },
  host_disagrees: {
    why: 'Host and an absolute target name the same host and port.',
    request: 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  aliased_protected: {
    why: 'A name with `_` or `.` may not imitate a protected name. (Other names with `_` are dropped.)',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 1\r\n\r\n',
  },
  repeated_authorization: {
    why: 'There is one Authorization field at most.',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n',
  },
  unmet_expectation: {
    why: 'The only expectation is `100-continue`, once.',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n',
  },

  // Framing.
  invalid_transfer_coding: {
    why: 'Transfer-Encoding ends in exactly one `chunked`; llhttp also reads a response with another one up to its end.',
    response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc',
  },
  unsupported_transfer_coding: {
    why: 'Transfer-Encoding is `chunked` alone; llhttp also reads other codings before it.',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  },
  tab_around_framing: {
    why: 'No tab stands around a framing value; llhttp does not trim one after `chunked`, and reads another framing.',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\t\r\n\r\n',
  },
  transfer_coding_in_http_1_0: {
    why: 'HTTP/1.0 has no Transfer-Encoding.',
    request: 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  invalid_content_length: {
    why: 'A length has no leading zeros, and is below 2^53, so that it is counted exactly.',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 03\r\n\r\nabc',
  },
  invalid_chunk_size: {
    why: 'A chunk size is below 2^53 and has 16 digits at most.',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000003\r\nabc\r\n0\r\n\r\n',
  },
  invalid_chunk_extension: {
    why: 'A chunk extension has a name, and a value after `=`.',
    request:
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\r\nabc\r\n0\r\n\r\n',
  },
  forbidden_trailer: {
    why: 'Framing, routing, credentials and cookies do not come after the body.',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n',
  },
  body_forbidden: {
    why: 'A response that cannot have a body (1xx, 204) announces none.',
    response: 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n',
  },

  // Conversation, responses only.
  closing_interim_response: {
    why: 'An interim response does not announce the end of the connection, nor is it of HTTP/1.0.',
    response: 'HTTP/1.0 103 Early Hints\r\n\r\n',
  },
  unasked_upgrade: {
    why: '101 must answer an upgrade request, and names websocket.',
    response:
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  },
  unexpected_response_bytes: {
    why: 'No byte may follow a response while no other is awaited.',
    response: 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  },
  no_response: {
    why: 'The connection ended while a response was awaited, which llhttp cannot know.',
    response: '',
  },
  truncated_response: {
    why: 'The connection ended between an interim and the final response, which llhttp accepts.',
    response: 'HTTP/1.1 100 Continue\r\n\r\n',
  },
};
