import { describe, expect, it } from '@jest/globals';
import { collectResponses, cut } from '../testing/collect.ts';
import type { Conversation, Expected } from '../testing/collect.ts';
import { http1ResponseFaults, ResponseParser } from './index.ts';
import type { Http1FaultCode } from './index.ts';

const GET: Expected = { method: 'GET', upgradeAsked: false };
const HEAD: Expected = { method: 'HEAD', upgradeAsked: false };
const UPGRADE: Expected = { method: 'GET', upgradeAsked: true };
const CONNECT: Expected = { method: 'CONNECT', upgradeAsked: false };

/** A status line and field lines as a complete head. */
const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;

function read(text: string, expected: readonly Expected[] = [GET], closes = false): Conversation {
  const bytes = Buffer.from(text, 'latin1');
  const whole = collectResponses(new ResponseParser(), [bytes], expected, closes);
  expect(
    collectResponses(new ResponseParser(), cut(bytes, [...bytes.keys()]), expected, closes),
  ).toEqual(whole);
  return whole;
}

describe('a response that is accepted', () => {
  it('gives status, reason, version, fields and sizes', () => {
    const text = head('HTTP/1.1 200 Very Good\xe9', 'Content-Length: 2', 'x_under: kept');
    const parser = new ResponseParser();
    parser.begin('GET', false);
    expect(parser.started).toBe(false);
    expect(parser.consume(Buffer.from(text, 'latin1'), 0)).toBe(text.length);
    expect(parser.state).toBe('head');
    expect(parser).toMatchObject({
      status: 200,
      reason: 'Very Good\xe9',
      versionMinor: 1,
      headBytes: text.length,
      started: true,
    });
    expect(parser.headers.entries()).toEqual([
      ['content-length', '2'],
      ['x_under', 'kept'],
    ]);
  });

  it.each<[string, string, Expected, string, number | undefined, boolean]>([
    ['length', head('HTTP/1.1 200 OK', 'Content-Length: 3'), GET, 'length', 3, true],
    ['an empty length', head('HTTP/1.1 200 OK', 'Content-Length: 0'), GET, 'length', 0, true],
    [
      'chunks',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'),
      GET,
      'chunked',
      undefined,
      true,
    ],
    ['the end of the connection', head('HTTP/1.1 200 OK'), GET, 'close', undefined, false],
    ['HEAD, with a length', head('HTTP/1.1 200 OK', 'Content-Length: 3'), HEAD, 'none', 3, true],
    [
      'HEAD, with chunks',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'),
      HEAD,
      'none',
      undefined,
      true,
    ],
    ['HEAD, with neither', head('HTTP/1.1 200 OK'), HEAD, 'none', undefined, true],
    ['204', head('HTTP/1.1 204 No Content'), GET, 'none', undefined, true],
    [
      '204, with a length of nothing',
      head('HTTP/1.1 204 No Content', 'Content-Length: 0'),
      GET,
      'none',
      0,
      true,
    ],
    [
      '304, with the length of what is not sent',
      head('HTTP/1.1 304 Not Modified', 'Content-Length: 9'),
      GET,
      'none',
      9,
      true,
    ],
    ['no reason', head('HTTP/1.1 200 ', 'Content-Length: 3'), GET, 'length', 3, true],
    [
      'no space before no reason',
      head('HTTP/1.1 200', 'Content-Length: 3'),
      GET,
      'length',
      3,
      true,
    ],
    [
      'Connection: close',
      head('HTTP/1.1 200 OK', 'Content-Length: 3', 'Connection: close'),
      GET,
      'length',
      3,
      false,
    ],
    ['HTTP/1.0', head('HTTP/1.0 200 OK', 'Content-Length: 3'), GET, 'length', 3, false],
    [
      'HTTP/1.0 that stays',
      head('HTTP/1.0 200 OK', 'Content-Length: 3', 'Connection: keep-alive'),
      GET,
      'length',
      3,
      true,
    ],
    ['the last status', head('HTTP/1.1 599 X', 'Content-Length: 0'), GET, 'length', 0, true],
  ])('framed by %s', (_, text, request, framing, contentLength, keepAlive) => {
    const { fault, messages } = read(text, [request]);
    expect(fault).toBeUndefined();
    expect(messages[0]).toMatchObject({ framing, contentLength, keepAlive, upgraded: false });
  });

  it('follows each other on one connection', () => {
    const text =
      head('HTTP/1.1 200 OK', 'Content-Length: 3') +
      'abc' +
      head('HTTP/1.1 200 OK', 'Content-Length: 99') +
      head('HTTP/1.1 103 Early Hints', 'Link: </a>') +
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') +
      '2\r\nde\r\n0\r\nX-T: 1\r\n\r\n' +
      head('HTTP/1.1 200 OK') +
      'to the end';
    const { fault, interim, messages } = read(text, [GET, HEAD, GET, GET], true);
    expect(fault).toBeUndefined();
    expect(interim).toEqual([103]);
    expect(messages.map(({ body, ended }) => [body, ended])).toEqual([
      ['abc', true],
      ['', true],
      ['de', true],
      ['to the end', true],
    ]);
    expect(messages[2]?.trailers).toEqual([['x-t', '1']]);
  });

  it('becomes a tunnel after 101 as asked, and leaves the bytes of the tunnel alone', () => {
    const text = `${head('HTTP/1.1 101 Switching Protocols', 'Upgrade: WebSocket', 'Connection: Upgrade')}\x81\x02hi`;
    const { fault, messages, rest } = read(text, [UPGRADE]);
    expect(fault).toBeUndefined();
    expect(messages[0]).toMatchObject({
      upgraded: true,
      ended: true,
      keepAlive: false,
      framing: 'none',
    });
    expect(rest).toBe('\x81\x02hi');
  });

  it('may refuse the upgrade like any request', () => {
    const { messages } = read(`${head('HTTP/1.1 403 Forbidden', 'Content-Length: 2')}no`, [
      UPGRADE,
    ]);
    expect(messages[0]).toMatchObject({ upgraded: false, body: 'no', ended: true });
  });

  it('becomes a tunnel after 2xx to CONNECT, whatever length it states', () => {
    const { messages, rest } = read(`${head('HTTP/1.1 200 OK', 'Content-Length: 5')}bytes`, [
      CONNECT,
    ]);
    expect(messages[0]).toMatchObject({ upgraded: true, framing: 'none' });
    expect(rest).toBe('bytes');
  });
});

describe('a response that is refused', () => {
  it.each<[Http1FaultCode, string]>([
    ['not_http', 'SSH-2.0-OpenSSH\r\n'],
    ['not_http', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['not_http', ' HTTP/1.1 200 OK\r\n\r\n'],
    ['malformed_status_line', 'HELLO\r\n'],
    ['malformed_status_line', 'HTTP/1.1\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1 +20 OK\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1\t200 OK\r\n\r\n'],
    ['malformed_status_line', 'HTTP/1.1 200\tOK\r\n\r\n'],
    ['malformed_status_line', 'Http/1.1 200 OK\r\n\r\n'],
    ['unsupported_version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['unsupported_version', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['unsupported_version', 'HTTP/0.9 200 OK\r\n\r\n'],
    ['bare_line_feed', 'HTTP/1.1 200 OK\n\n'],
    ['bare_carriage_return', 'HTTP/1.1 200 O\rK\r\n\r\n'],
    ['control_character', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['invalid_status', head('HTTP/1.1 000 X')],
    ['invalid_status', head('HTTP/1.1 099 X')],
    ['invalid_status', head('HTTP/1.1 600 X')],
    ['invalid_status', head('HTTP/1.1 999 X')],
    ['obs_fold', head('HTTP/1.1 200 OK', 'X: y', ' z')],
    ['space_before_colon', head('HTTP/1.1 200 OK', 'Content-Length : 3')],
    ['bare_line_feed', 'HTTP/1.1 200 OK\r\nX: y\n\r\n'],
    [
      'length_and_coding',
      head('HTTP/1.1 200 OK', 'Content-Length: 3', 'Transfer-Encoding: chunked'),
    ],
    ['repeated_content_length', head('HTTP/1.1 200 OK', 'Content-Length: 3', 'Content-Length: 3')],
    ['invalid_content_length', head('HTTP/1.1 200 OK', 'Content-Length: 3, 3')],
    ['invalid_content_length', head('HTTP/1.1 200 OK', 'Content-Length: -1')],
    ['unsupported_transfer_coding', head('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked')],
    ['invalid_content_length', head('HTTP/1.1 200 OK', 'Content-Length: 03')],
    ['invalid_transfer_coding', head('HTTP/1.1 200 OK', 'Transfer-Encoding: identity')],
    ['invalid_transfer_coding', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked, gzip')],
    ['tab_around_framing', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked\t')],
    ['transfer_coding_in_http_1_0', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')],
    ['body_forbidden', head('HTTP/1.1 204 No Content', 'Content-Length: 3')],
    ['body_forbidden', head('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')],
    ['body_forbidden', head('HTTP/1.1 100 Continue', 'Content-Length: 3')],
    ['body_forbidden', head('HTTP/1.1 103 Early Hints', 'Transfer-Encoding: chunked')],
    ['closing_interim_response', head('HTTP/1.1 100 Continue', 'Connection: close')],
    ['closing_interim_response', head('HTTP/1.0 103 Early Hints')],
    [
      'unasked_upgrade',
      head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: upgrade'),
    ],
    ['invalid_chunk_size', `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}x\r\n`],
    [
      'forbidden_trailer',
      `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}0\r\nSet-Cookie: a=b\r\n\r\n`,
    ],
    [
      'unexpected_response_bytes',
      `${head('HTTP/1.1 200 OK', 'Content-Length: 0')}${head('HTTP/1.1 200 OK', 'Content-Length: 0')}`,
    ],
    ['unexpected_response_bytes', `${head('HTTP/1.1 204 No Content')}x`],
  ])('%s: %j', (code, text) => {
    expect(read(text).fault).toBe(code);
    expect(http1ResponseFaults[code].status).toBe(502);
  });

  it.each([
    [
      'another protocol',
      head('HTTP/1.1 101 Switching Protocols', 'Upgrade: h2c', 'Connection: upgrade'),
    ],
    ['no protocol', head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade')],
    ['no Connection', head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket')],
  ])('101 with %s', (_, text) => {
    expect(read(text, [UPGRADE]).fault).toBe('unasked_upgrade');
  });

  it('bytes before anything was asked', () => {
    const parser = new ResponseParser();
    parser.consume(Buffer.alloc(0), 0);
    expect(parser.state).toBe('needMore');
    parser.consume(Buffer.from('H'), 0);
    expect(parser.fault?.code).toBe('unexpected_response_bytes');
    parser.begin('GET', false);
    expect(parser.state).toBe('fault');
  });
});

describe('the end of the connection', () => {
  it.each<[string, string]>([
    ['no_response', ''],
    ['truncated_response', 'HTTP/1.1 20'],
    ['truncated_response', 'HTTP/1.1 200 OK\r\n'],
    ['truncated_response', head('HTTP/1.1 200 OK', 'Content-Length: 3')],
    ['truncated_response', `${head('HTTP/1.1 200 OK', 'Content-Length: 3')}ab`],
    ['truncated_response', `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}3\r\nabc\r\n`],
    [
      'truncated_response',
      `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n`,
    ],
    ['truncated_response', head('HTTP/1.1 100 Continue')],
  ])('is %s after %j', (code, text) => {
    const { fault, messages } = read(text, [GET], true);
    expect(fault).toBe(code);
    expect(messages.every((message) => !message.ended)).toBe(true);
  });

  it('is good between responses', () => {
    expect(
      read(`${head('HTTP/1.1 200 OK', 'Content-Length: 1')}x`, [GET], true).fault,
    ).toBeUndefined();
  });

  it('tells a connection that died unused from an answer cut short', () => {
    expect(http1ResponseFaults.no_response.error).toBe('upstream_reset');
    expect(http1ResponseFaults.truncated_response.error).toBe('upstream_reset');
    expect(http1ResponseFaults.invalid_chunk_size.error).toBe('upstream_malformed_response');
  });
});
