import { describe, expect, it } from '@jest/globals';
import { collectRequests } from '../testing/collect.ts';
import { bytes, head, parseRequest } from '../testing/request-heads.ts';
import { http1Faults, RequestParser } from './index.ts';
import type { Http1FaultCode } from './index.ts';

function faultOf(text: string): string | undefined {
  const reads = [bytes(text)];
  const whole = collectRequests(new RequestParser(), reads).fault;
  // The same byte by byte: nothing may hang on how the bytes arrive.
  const single = collectRequests(
    new RequestParser(),
    [...bytes(text)].map((byte) => Buffer.from([byte])),
  ).fault;
  expect(single).toBe(whole);
  return whole;
}

describe('a request head that is refused', () => {
  const get = 'GET / HTTP/1.1';
  const post = 'POST / HTTP/1.1';
  it.each<[Http1FaultCode, string]>([
    // Start line.
    ['not_http', '\x16\x03\x01\x02\x00\x01'],
    ['not_http', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['not_http', '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['not_http', '\0'],
    ['blank_line_before_start', '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bare_carriage_return', '\rGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['malformed_request_line', 'GET\r\n'],
    ['malformed_request_line', 'GET  / HTTP/1.1\r\n'],
    ['malformed_request_line', 'GET / HTTP/1.1 \r\n'],
    ['malformed_request_line', 'GET / a HTTP/1.1\r\n'],
    ['malformed_request_line', 'GE@T / HTTP/1.1\r\n'],
    ['malformed_request_line', 'GE\xe9T / HTTP/1.1\r\n'],
    ['control_character', 'GET /a\0b HTTP/1.1\r\n'],
    ['control_character', 'GET /a\x7fb HTTP/1.1\r\n'],
    ['malformed_request_line', 'GET\t/\tHTTP/1.1\r\n'],
    ['invalid_target_character', 'GET /a\tb HTTP/1.1\r\n'],
    ['invalid_target_character', 'GET /caf\xe9 HTTP/1.1\r\n'],
    ['fragment_in_target', 'GET /a#b HTTP/1.1\r\n'],
    ['malformed_version', 'GET /\r\n'],
    ['malformed_version', 'GET / http/1.1\r\n'],
    ['malformed_version', 'GET / HTTP/1.10\r\n'],
    ['malformed_version', 'GET / HTTP/11\r\n'],
    ['malformed_version', 'GET / HTTP/1,1\r\n'],
    ['malformed_version', 'GET / HTTPS/1.1\r\n'],
    ['unsupported_version', 'GET / HTTP/0.9\r\n'],
    ['unsupported_version', 'GET / HTTP/1.2\r\n'],
    ['unsupported_version', 'GET / HTTP/2.0\r\n'],
    ['unsupported_version', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['bare_line_feed', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['bare_carriage_return', 'GET / HTTP/1.1\rHost: a\r\n\r\n'],
    // Field lines.
    ['bare_line_feed', `${get}\r\nHost: a\nX: b\r\n\r\n`],
    ['bare_line_feed', `${get}\r\nHost: a\r\n\n`],
    ['bare_carriage_return', `${get}\r\nHost: a\rX: b\r\n\r\n`],
    ['bare_carriage_return', `${get}\r\nHost: a\r\n\rX\n`],
    ['bare_carriage_return', `${get}\r\nHost: a\r\r\n\r\n`],
    ['control_character', head(get, 'Host: a', 'X: a\0b')],
    ['control_character', head(get, 'Host: a', 'X: a\x01b')],
    ['control_character', head(get, 'Host: a', 'X: a\x0bb')],
    ['control_character', head(get, 'Host: a', 'X: a\x7fb')],
    ['control_character', head(get, 'Host: a', 'X\0: b')],
    ['obs_fold', head(get, 'Host: a', 'X: a', ' b')],
    ['obs_fold', head(get, 'Host: a', 'X: a', '\tb')],
    ['obs_fold', head(get, ' Host: a')],
    ['obs_fold', head(get, 'Host: a', ' ')],
    ['space_before_colon', head(get, 'Host : a')],
    ['space_before_colon', head(get, 'Host\t: a')],
    ['space_before_colon', head(post, 'Host: a', 'Content-Length : 5')],
    ['missing_colon', head(get, 'Host: a', 'X')],
    ['missing_colon', head(get, 'Host: a', 'GET / HTTP/1.1')],
    ['invalid_field_name', head(get, 'Host: a', ': b')],
    ['invalid_field_name', head(get, 'Host: a', 'X Y: b')],
    ['invalid_field_name', head(get, 'Host: a', 'X(: b')],
    ['invalid_field_name', head(get, 'Host: a', 'X\xe9: b')],
    ['invalid_field_name', head(get, 'Host: a', 'X_(: b')],
    // Aliases of protected names.
    ['aliased_protected', head(get, 'Host: a', 'X_Forwarded_For: 1')],
    ['aliased_protected', head(get, 'Host: a', 'X.Forwarded-For: 1')],
    ['aliased_protected', head(get, 'Host: a', 'x-forwarded_anything: 1')],
    ['aliased_protected', head(get, 'Host: a', 'X_Real_IP: 1')],
    ['aliased_protected', head(get, 'Host: a', 'X_Request-ID: 1')],
    ['aliased_protected', head(get, 'Host: a', 'X_Consumer_Id: 1')],
    ['aliased_protected', head(get, 'Host: a', 'x-consumer.groups: 1')],
    ['aliased_protected', head(get, 'Host: a', 'X_Credential_Id: 1')],
    ['aliased_protected', head(get, 'Host: a', 'X_Api_Key: 1')],
    ['aliased_protected', head(get, 'Host: a', 'Content_Length: 1')],
    ['aliased_protected', head(get, 'Host: a', 'Transfer.Encoding: chunked')],
    // Framing.
    ['length_and_coding', head(post, 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked')],
    ['length_and_coding', head(post, 'Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 1')],
    [
      'length_and_coding',
      head('POST / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 1'),
    ],
    ['repeated_content_length', head(post, 'Host: a', 'Content-Length: 1', 'Content-Length: 1')],
    ['repeated_content_length', head(post, 'Host: a', 'Content-Length: 1', 'content-length: 2')],
    ...[
      '',
      '+1',
      '-1',
      '00',
      '007',
      '01',
      '000000000000000000007',
      '1 1',
      '1,1',
      '1, 1',
      '0x1',
      '1.0',
      '1e3',
      '\xb9',
      '9007199254740992',
      '18446744073709551617',
      '9'.repeat(400),
    ].map((value): [Http1FaultCode, string] => [
      'invalid_content_length',
      head(post, 'Host: a', `Content-Length: ${value}`),
    ]),
    ['invalid_transfer_coding', head(post, 'Host: a', 'Transfer-Encoding: chunked, gzip')],
    ['unsupported_transfer_coding', head(post, 'Host: a', 'Transfer-Encoding: gzip, chunked')],
    ...[
      'Content-Length: 3\t',
      'Content-Length:\t3',
      'Transfer-Encoding: chunked\t',
      'Transfer-Encoding: chunked \t ',
      'Transfer-Encoding: \tchunked',
    ].map((line): [Http1FaultCode, string] => ['tab_around_framing', head(post, 'Host: a', line)]),
    [
      'transfer_coding_in_http_1_0',
      head('POST / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked'),
    ],
    // Host and target.
    ['missing_host', head(get)],
    ['invalid_host', head('GET / HTTP/1.0', 'Host:')],
    ['repeated_host', head('GET / HTTP/1.0', 'Host: a', 'Host: a')],
    ['invalid_host', head('GET http://u@a/ HTTP/1.0')],
    ['invalid_host', head('GET http:///a HTTP/1.0')],
    ['invalid_target_form', head('GET a HTTP/1.0')],
    ['invalid_target_form', head('GET * HTTP/1.0')],
    ['invalid_port', head('CONNECT a HTTP/1.0')],
    ['invalid_port', head('CONNECT a: HTTP/1.1', 'Host: a')],
    ['missing_host', head('GET http://a/ HTTP/1.1')],
    ['repeated_host', head(get, 'Host: a', 'Host: a')],
    ['invalid_host', head(get, 'Host:')],
    ['invalid_host', head(get, 'Host: user@a')],
    ['invalid_host', head(get, 'Host: a/b')],
    ['invalid_host', head(get, 'Host: a, b')],
    ['invalid_host', head(get, 'Host: :')],
    ['invalid_port', head(get, 'Host: a:0')],
    ['invalid_port', head(get, 'Host: a:65536')],
    ['host_disagrees', head('GET http://b/ HTTP/1.1', 'Host: a')],
    ['host_disagrees', head('GET http://a:81/ HTTP/1.1', 'Host: a')],
    ['host_disagrees', head('GET https://a:80/ HTTP/1.1', 'Host: a')],
    ['invalid_host', head('GET http://u@a/ HTTP/1.1', 'Host: a')],
    ['invalid_host', head('GET http:///a HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('GET * HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('GET a:443 HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('GET a/b HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('GET ftp://a/ HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('GET http:/a HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('GET ?a HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('CONNECT / HTTP/1.1', 'Host: a')],
    ['invalid_target_form', head('CONNECT http://a/ HTTP/1.1', 'Host: a')],
    ['invalid_port', head('CONNECT a HTTP/1.1', 'Host: a')],
    // Expectations and credentials.
    ['unmet_expectation', head(post, 'Host: a', 'Expect: 200-ok')],
    ['unmet_expectation', head(post, 'Host: a', 'Expect: 100-continue, x')],
    ['unmet_expectation', head(post, 'Host: a', 'Expect:')],
    ['unmet_expectation', head(post, 'Host: a', 'Expect: 100-continue', 'Expect: 100-continue')],
    [
      'repeated_authorization',
      head(get, 'Host: a', 'Authorization: Basic x', 'authorization: Bearer y'),
    ],
  ])('%s: %j', (code, text) => {
    expect(faultOf(text)).toBe(code);
  });

  it.each<[Http1FaultCode, number]>([
    ['request_line_too_long', 414],
    ['header_block_too_large', 431],
    ['too_many_header_lines', 431],
    ['length_and_coding', 400],
    ['unsupported_transfer_coding', 501],
    ['invalid_transfer_coding', 400],
    ['transfer_coding_in_http_1_0', 400],
    ['malformed_version', 400],
    ['unsupported_version', 505],
    ['unmet_expectation', 417],
    ['repeated_authorization', 400],
    ['aliased_protected', 400],
    ['missing_host', 400],
  ])('%s is answered with %d', (code, status) => {
    expect(http1Faults[code].status).toBe(status);
  });

  it('refuses aliases of the names a gateway protects besides the built-in ones', () => {
    const parser = new RequestParser({ protectedNames: new Set(['x-team-key']) });
    parser.consume(bytes(head(get, 'Host: a', 'X_Team_Key: 1')), 0);
    expect(parser.fault?.code).toBe('aliased_protected');
  });

  it('stays refused, whatever comes after', () => {
    const parser = parseRequest('GET / HTTP/1.1\nHost: a\n\n');
    const { fault } = parser;
    expect(parser.consume(bytes(head(get, 'Host: a')), 0)).toBe(0);
    parser.eof();
    expect([parser.state, parser.fault]).toEqual(['fault', fault]);
  });
});
