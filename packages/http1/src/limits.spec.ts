import { describe, expect, it } from '@jest/globals';
import { collectRequests, collectResponses, cut } from '../testing/collect.ts';
import {
  defaultRequestLimits,
  defaultResponseLimits,
  RequestParser,
  ResponseParser,
} from './index.ts';

/**
 * The outcome of a conversation, which must be the same for one read and for reads of one and of
 * 1000 bytes.
 */
function requestFault(text: string): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const faults = [bytes.length, 1000, 1].map((step) => {
    const positions = Array.from(
      { length: Math.floor(bytes.length / step) },
      (_, index) => index * step,
    );
    return collectRequests(new RequestParser(), cut(bytes, positions)).fault;
  });
  expect(new Set(faults).size).toBe(1);
  return faults[0];
}

function responseFault(text: string): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  const faults = [bytes.length, 1000, 1].map((step) => {
    const positions = Array.from(
      { length: Math.floor(bytes.length / step) },
      (_, index) => index * step,
    );
    const expected = [{ method: 'GET', upgradeAsked: false }];
    return collectResponses(new ResponseParser(), cut(bytes, positions), expected, false).fault;
  });
  expect(new Set(faults).size).toBe(1);
  return faults[0];
}

/** Field lines of exactly that many bytes with their line ends. */
function fieldBlock(bytes: number, firstLine: string): string {
  const rest = bytes - firstLine.length - 2;
  return `${firstLine}\r\nX: ${'y'.repeat(rest - 5)}\r\n`;
}

const requestLine = (bytes: number): string => `GET /${'a'.repeat(bytes - 14)} HTTP/1.1`;

describe('limits of requests', () => {
  it('has the defaults of the edge', () => {
    expect(defaultRequestLimits).toEqual({
      maxRequestLineBytes: 8192,
      maxHeaderBytes: 16384,
      maxHeaderLines: 100,
      maxChunkExtensionBytes: 1024,
    });
    expect(defaultResponseLimits).toEqual({
      maxStatusLineBytes: 8192,
      maxHeaderBytes: 32768,
      maxHeaderLines: 100,
      maxChunkExtensionBytes: 1024,
      maxInterimResponses: 16,
    });
  });

  it('takes a request line of 8192 bytes and not of 8193', () => {
    expect(requestLine(8192)).toHaveLength(8192);
    expect(requestFault(`${requestLine(8192)}\r\nHost: a\r\n\r\n`)).toBeUndefined();
    expect(requestFault(`${requestLine(8193)}\r\nHost: a\r\n\r\n`)).toBe('request_line_too_long');
  });

  it('does not wait for the end of a request line that is too long already', () => {
    expect(requestFault(`GET /${'a'.repeat(8192 - 5)}`)).toBeUndefined();
    expect(requestFault(`GET /${'a'.repeat(8192 - 3)}`)).toBe('request_line_too_long');
  });

  it('judges size before content', () => {
    expect(requestFault(`GET /\0${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(
      'request_line_too_long',
    );
    expect(requestFault(`GET / HTTP/1.1\r\nHost: a\r\nX: \0${'y'.repeat(17_000)}\r\n\r\n`)).toBe(
      'header_block_too_large',
    );
  });

  it('takes a header block of 16384 bytes and not of 16385', () => {
    expect(fieldBlock(16_384, 'Host: a')).toHaveLength(16_384);
    expect(requestFault(`GET / HTTP/1.1\r\n${fieldBlock(16_384, 'Host: a')}\r\n`)).toBeUndefined();
    expect(requestFault(`GET / HTTP/1.1\r\n${fieldBlock(16_385, 'Host: a')}\r\n`)).toBe(
      'header_block_too_large',
    );
  });

  it('does not wait for the end of a header block that is too large already', () => {
    expect(
      requestFault(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(50)}X: ${'y'.repeat(16_384 - 304)}`),
    ).toBeUndefined();
    expect(
      requestFault(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(50)}X: ${'y'.repeat(16_384 - 302)}`),
    ).toBe('header_block_too_large');
  });

  it('takes 100 header lines and not 101, dropped ones included', () => {
    expect(
      requestFault(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(99)}\r\n`),
    ).toBeUndefined();
    expect(requestFault(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(100)}\r\n`)).toBe(
      'too_many_header_lines',
    );
    expect(requestFault(`GET / HTTP/1.1\r\nHost: a\r\n${'x_x: y\r\n'.repeat(100)}\r\n`)).toBe(
      'too_many_header_lines',
    );
  });

  const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

  it('counts trailers on top of the header block', () => {
    const head = Buffer.byteLength('Host: a\r\nTransfer-Encoding: chunked\r\n');
    expect(requestFault(`${chunked}0\r\n${fieldBlock(16_384 - head, 'A: b')}\r\n`)).toBeUndefined();
    expect(requestFault(`${chunked}0\r\n${fieldBlock(16_385 - head, 'A: b')}\r\n`)).toBe(
      'header_block_too_large',
    );
    expect(requestFault(`${chunked}0\r\n${'X: y\r\n'.repeat(98)}\r\n`)).toBeUndefined();
    expect(requestFault(`${chunked}0\r\n${'X: y\r\n'.repeat(99)}\r\n`)).toBe(
      'too_many_header_lines',
    );
  });

  it('takes 1024 bytes of chunk extensions in total and not 1025', () => {
    const extended = (bytes: number): string => `1;${'e'.repeat(bytes - 1)}\r\nx\r\n`;
    expect(requestFault(`${chunked}${extended(512)}${extended(512)}0\r\n\r\n`)).toBeUndefined();
    expect(requestFault(`${chunked}${extended(512)}${extended(513)}0\r\n\r\n`)).toBe(
      'chunk_extensions_too_large',
    );
    expect(requestFault(`${chunked}${extended(1024)}0;\r\n\r\n`)).toBe(
      'chunk_extensions_too_large',
    );
  });

  it('counts chunk extensions for each message separately', () => {
    const message = `${chunked}1;${'e'.repeat(1000)}\r\nx\r\n0\r\n\r\n`;
    expect(requestFault(message.repeat(3))).toBeUndefined();
  });

  it('enforces other limits when told to', () => {
    const parser = new RequestParser({ limits: { maxHeaderLines: 1 } });
    parser.consume(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n'), 0);
    expect(parser.fault?.code).toBe('too_many_header_lines');
  });
});

describe('limits of responses', () => {
  it('takes a header block of 32768 bytes and not of 32769', () => {
    expect(responseFault(`HTTP/1.1 200 OK\r\n${fieldBlock(32_768, 'A: b')}\r\n`)).toBeUndefined();
    expect(responseFault(`HTTP/1.1 200 OK\r\n${fieldBlock(32_769, 'A: b')}\r\n`)).toBe(
      'header_block_too_large',
    );
  });

  it('takes 100 header lines and not 101', () => {
    expect(responseFault(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100)}\r\n`)).toBeUndefined();
    expect(responseFault(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(101)}\r\n`)).toBe(
      'too_many_header_lines',
    );
  });

  it('takes a status line of 8192 bytes and not of 8193', () => {
    expect(responseFault(`HTTP/1.1 200 ${'r'.repeat(8192 - 13)}\r\n\r\n`)).toBeUndefined();
    expect(responseFault(`HTTP/1.1 200 ${'r'.repeat(8193 - 13)}\r\n\r\n`)).toBe(
      'status_line_too_long',
    );
  });

  it('takes 16 interim responses and not 17', () => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
    expect(responseFault(`${interim.repeat(16)}HTTP/1.1 204 No Content\r\n\r\n`)).toBeUndefined();
    expect(responseFault(interim.repeat(17))).toBe('too_many_interim_responses');
  });

  it('counts interim responses for each response separately', () => {
    const one = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(16)}HTTP/1.1 204 No Content\r\n\r\n`;
    const expected = [1, 2, 3].map(() => ({ method: 'GET', upgradeAsked: false }));
    const { fault, interim } = collectResponses(
      new ResponseParser(),
      [Buffer.from(one.repeat(3))],
      expected,
      false,
    );
    expect([fault, interim.length]).toEqual([undefined, 48]);
  });
});
