import { describe, expect, it } from '@jest/globals';
import { collectRequests } from '../testing/collect.ts';
import { http1Faults, RequestParser } from './index.ts';
import type { Http1FaultCode } from './index.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A request line and field lines as a complete head. */
const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

function parse(text: string): RequestParser {
  const parser = new RequestParser();
  parser.consume(bytes(text), 0);
  return parser;
}

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

describe('a request head that is accepted', () => {
  it('gives method, target, version, host, fields and sizes', () => {
    const text = head(
      'GET /a?b=c HTTP/1.1',
      'Host: Api.Example.com:8080',
      'Accept:  text/html \t',
      'X-Empty:',
      'accept: b',
    );
    const parser = parse(text);
    expect(parser.state).toBe('head');
    expect(parser.method).toBe('GET');
    expect(parser.target).toBe('/a?b=c');
    expect(parser.targetForm).toBe('origin');
    expect(parser.versionMinor).toBe(1);
    expect(parser.host).toBe('api.example.com');
    expect(parser.port).toBe(8080);
    expect(parser.headBytes).toBe(text.length);
    expect(parser.headers.entries()).toEqual([
      ['host', 'Api.Example.com:8080'],
      ['accept', 'text/html'],
      ['x-empty', ''],
      ['accept', 'b'],
    ]);
  });

  it.each([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'get',
    'GETS',
    "!#$%&'*+-.^_`|~09",
  ])('takes the method %s as it is', (method) => {
    expect(parse(head(`${method} / HTTP/1.1`, 'Host: a')).method).toBe(method);
  });

  it.each([
    ['GET', '/', 'origin'],
    ['GET', '//a//b', 'origin'],
    ['GET', '/a?b?c=/d|{}^`"<>\\', 'origin'],
    ['GET', 'http://a/b', 'absolute'],
    ['GET', 'HTTPS://A:443?q', 'absolute'],
    ['GET', 'http://a', 'absolute'],
    ['OPTIONS', '*', 'asterisk'],
    ['CONNECT', 'example.com:443', 'authority'],
  ])('%s %s has the form %s', (method, target, form) => {
    const parser = parse(head(`${method} ${target} HTTP/1.1`, 'Host: a'));
    expect(parser.fault).toBeUndefined();
    expect(parser.targetForm).toBe(form);
    expect(parser.target).toBe(target);
  });

  it('keeps obs-text and tabs in values, one character per byte', () => {
    expect(
      parse(head('GET / HTTP/1.1', 'Host: a', 'X-Name: caf\xe9\tau\x80lait')).headers.get('x-name'),
    ).toBe('caf\xe9\tau\x80lait');
  });

  it('skips one empty line before the request line', () => {
    const parser = new RequestParser();
    const conversation = collectRequests(parser, [
      bytes(`\r\n${head('GET / HTTP/1.1', 'Host: a')}\r\n${head('GET /2 HTTP/1.1', 'Host: a')}`),
    ]);
    expect(conversation.fault).toBeUndefined();
    expect(conversation.messages.map((message) => message.start)).toEqual([
      'GET / 1.1 a ',
      'GET /2 1.1 a ',
    ]);
  });

  it.each<[string, string[], boolean]>([
    ['HTTP/1.1', [], true],
    ['HTTP/1.1', ['Connection: close'], false],
    ['HTTP/1.1', ['Connection: Close'], false],
    ['HTTP/1.1', ['Connection: keep-alive'], true],
    ['HTTP/1.1', ['Connection: keep-alive, close'], false],
    ['HTTP/1.1', ['Connection: x , ,CLOSE'], false],
    ['HTTP/1.1', ['Connection: keep-alive', 'Connection: close'], false],
    ['HTTP/1.1', ['Connection: closed'], true],
    ['HTTP/1.1', ['Proxy-Connection: close'], false],
    ['HTTP/1.1', ['Connection: keep-alive', 'Proxy-Connection: x, Close'], false],
    ['HTTP/1.0', ['Proxy-Connection: keep-alive'], false],
    ['HTTP/1.0', [], false],
    ['HTTP/1.0', ['Connection: Keep-Alive'], true],
    ['HTTP/1.0', ['Connection: keep-alive, close'], false],
  ])('%s with %j persists: %s', (version, fields, keepAlive) => {
    expect(parse(head(`GET / ${version}`, 'Host: a', ...fields)).keepAlive).toBe(keepAlive);
  });

  it.each<[string[], 'none' | 'length' | 'chunked', number]>([
    [[], 'none', 0],
    [['Content-Length: 0'], 'length', 0],
    [['Content-Length: 12'], 'length', 12],
    [['Content-Length:   12  '], 'length', 12],
    [['Transfer-Encoding:  chunked '], 'chunked', 0],
    [['Content-Length: 9007199254740991'], 'length', Number.MAX_SAFE_INTEGER],
    [['Transfer-Encoding: chunked'], 'chunked', 0],
    [['transfer-encoding: CHUNKED'], 'chunked', 0],
  ])('%j is framed as %s of %d bytes', (fields, framing, contentLength) => {
    const parser = parse(head('POST / HTTP/1.1', 'Host: a', ...fields));
    expect(parser.fault).toBeUndefined();
    expect([parser.framing, parser.contentLength]).toEqual([framing, contentLength]);
  });

  it.each<[string, string[], boolean]>([
    ['1.1', ['Expect: 100-continue', 'Content-Length: 1'], true],
    ['1.1', ['Expect: 100-Continue', 'Transfer-Encoding: chunked'], true],
    ['1.1', ['Expect: 100-continue'], false],
    ['1.1', ['Expect: 100-continue', 'Content-Length: 0'], false],
    ['1.0', ['Expect: 100-continue', 'Content-Length: 1'], false],
    ['1.1', ['Content-Length: 1'], false],
  ])('HTTP/%s with %j waits for 100: %s', (version, fields, waits) => {
    expect(parse(head(`POST / HTTP/${version}`, 'Host: a', ...fields)).expectContinue).toBe(waits);
  });

  it.each<[string, string[], 'websocket' | undefined]>([
    ['GET / HTTP/1.1', ['Connection: Upgrade', 'Upgrade: websocket'], 'websocket'],
    ['GET / HTTP/1.1', ['Connection: keep-alive, upgrade', 'Upgrade: WebSocket'], 'websocket'],
    ['GET / HTTP/1.1', ['Upgrade: websocket'], undefined],
    ['GET / HTTP/1.1', ['Connection: upgrade'], undefined],
    [
      'GET / HTTP/1.1',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA'],
      undefined,
    ],
    ['GET / HTTP/1.1', ['Connection: upgrade', 'Upgrade: h2c, websocket'], undefined],
    [
      'GET / HTTP/1.1',
      ['Connection: upgrade', 'Upgrade: websocket', 'Upgrade: websocket'],
      undefined,
    ],
    [
      'GET / HTTP/1.1',
      ['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 3'],
      undefined,
    ],
    ['POST / HTTP/1.1', ['Connection: upgrade', 'Upgrade: websocket'], undefined],
    ['GET / HTTP/1.0', ['Connection: upgrade', 'Upgrade: websocket'], undefined],
  ])('%s with %j asks for the upgrade %s', (line, fields, upgrade) => {
    const parser = parse(head(line, 'Host: a', ...fields));
    expect(parser.fault).toBeUndefined();
    expect(parser.upgrade).toBe(upgrade);
  });

  it('drops names with "_" and counts them, and keeps names with "."', () => {
    const parser = parse(
      head('GET / HTTP/1.1', 'Host: a', 'X_Team: red', 'X.Team: blue', 'my_id: 1', 'Accept: b'),
    );
    expect(parser.headers.entries()).toEqual([
      ['host', 'a'],
      ['x.team', 'blue'],
      ['accept', 'b'],
    ]);
    expect(parser.droppedFields).toBe(2);
    expect(parser.headers.serialize()).toBe('Host: a\r\nX.Team: blue\r\nAccept: b\r\n');
  });
});

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
    const parser = parse('GET / HTTP/1.1\nHost: a\n\n');
    const { fault } = parser;
    expect(parser.consume(bytes(head(get, 'Host: a')), 0)).toBe(0);
    parser.eof();
    expect([parser.state, parser.fault]).toEqual(['fault', fault]);
  });
});

describe('the sequence of events', () => {
  it('ends a request without a body without further bytes', () => {
    const parser = new RequestParser();
    const text = bytes(head('GET / HTTP/1.1', 'Host: a'));
    const at = parser.consume(text, 0);
    expect([parser.state, at]).toEqual(['head', text.length]);
    expect(parser.consume(text, at)).toBe(at);
    expect(parser.state).toBe('end');
    expect(parser.consume(text, at)).toBe(at);
    expect(parser.state).toBe('needMore');
  });

  it('leaves pipelined requests where they are until it is asked', () => {
    const parser = new RequestParser();
    const first = head('POST /1 HTTP/1.1', 'Host: a', 'Content-Length: 3');
    const text = bytes(`${first}abc${head('GET /2 HTTP/1.1', 'Host: a')}`);
    let at = parser.consume(text, 0);
    at = parser.consume(text, at);
    expect([parser.state, parser.body?.toString()]).toEqual(['bodyChunk', 'abc']);
    at = parser.consume(text, at);
    expect([parser.state, at, parser.target]).toEqual(['end', first.length + 3, '/1']);
    expect(parser.body).toBeUndefined();
    parser.consume(text, at);
    expect([parser.state, parser.target, parser.framing]).toEqual(['head', '/2', 'none']);
  });

  it('forgets body and trailers with the next head', () => {
    const parser = new RequestParser();
    const chunked = `${head('POST /1 HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}1\r\nx\r\n0\r\nX-T: 1\r\n\r\n`;
    collectRequests(parser, [bytes(chunked)]);
    expect(parser.trailers?.entries()).toEqual([['x-t', '1']]);
    parser.consume(bytes(head('POST /2 HTTP/1.1', 'Host: a', 'Content-Length: 1')), 0);
    expect([parser.state, parser.body, parser.trailers]).toEqual(['head', undefined, undefined]);
  });

  it('leaves the bytes after an upgrade request for the tunnel', () => {
    const upgrade = head('GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket');
    const conversation = collectRequests(
      new RequestParser(),
      [bytes(`${upgrade}\x81\x05hello`)],
      true,
    );
    expect(conversation.rest).toBe('\x81\x05hello');
    expect(conversation.messages[0]?.ended).toBe(true);
  });

  it('throws bytes after the last message of a connection away', () => {
    const parser = new RequestParser();
    const last = head('GET /1 HTTP/1.1', 'Host: a', 'Connection: close');
    const conversation = collectRequests(parser, [
      bytes(`${last}${head('GET /2 HTTP/1.1', 'Host: a')}`),
      bytes('\0'),
    ]);
    expect(conversation.fault).toBeUndefined();
    expect(conversation.messages).toHaveLength(1);
    expect(parser.idle).toBe(true);
  });

  it('knows whether a request is under way', () => {
    const parser = new RequestParser();
    expect(parser.idle).toBe(true);
    parser.consume(bytes('G'), 0);
    expect(parser.idle).toBe(false);
    parser.eof();
    expect(parser.fault).toBe(http1Faults.truncated_request);
  });

  it('takes an empty line after the last request for nothing', () => {
    const parser = new RequestParser();
    collectRequests(parser, [
      bytes(`${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 3')}abc\r\n`),
    ]);
    expect(parser.idle).toBe(true);
    parser.eof();
    expect(parser.state).toBe('needMore');
  });

  it('does not report a fault under the name of the request before', () => {
    const parser = new RequestParser();
    collectRequests(parser, [
      bytes(`${head('GET /first HTTP/1.1', 'Host: a')}${head('GET /second HTTP/1.1', 'Host : a')}`),
    ]);
    expect([parser.fault?.code, parser.method, parser.target, parser.host]).toEqual([
      'space_before_colon',
      '',
      '',
      '',
    ]);
  });

  it('takes the end of the connection between requests as good, and in a body as a fault', () => {
    const parser = new RequestParser();
    parser.eof();
    expect(parser.state).toBe('needMore');
    collectRequests(parser, [
      bytes(`${head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 3')}ab`),
    ]);
    parser.eof();
    expect(parser.fault?.code).toBe('truncated_request');
  });
});
