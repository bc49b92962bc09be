import { describe, expect, it } from '@jest/globals';
import { collectRequests, cut } from '../testing/collect.ts';
import { RequestParser } from './index.ts';

const chunkedHead = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const lengthHead = (length: number): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

/** Reads a chunked body whole and byte by byte; both must agree. */
function decode(body: string): {
  fault: string | undefined;
  body: string;
  ended: boolean;
  trailers: unknown;
} {
  const bytes = Buffer.from(chunkedHead + body, 'latin1');
  const [whole, single] = [[], [...bytes.keys()]].map((positions) => {
    const { fault, messages } = collectRequests(new RequestParser(), cut(bytes, positions));
    return {
      fault,
      body: messages[0]?.body ?? '',
      ended: messages[0]?.ended ?? false,
      trailers: messages[0]?.trailers,
    };
  });
  expect(single).toEqual(whole);
  return whole as NonNullable<typeof whole>;
}

describe('a chunked body that is accepted', () => {
  it.each([
    ['0\r\n\r\n', ''],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789'],
    ['0005\r\nhello\r\n0000\r\n\r\n', 'hello'],
    ['0000000000000005\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
    ['1;a\r\nx\r\n0\r\n\r\n', 'x'],
    ['1;a=b;c="d;\\" \xe9\te";f\r\nx\r\n0;last\r\n\r\n', 'x'],
    ['1;a=""\r\nx\r\n0\r\n\r\n', 'x'],
  ])('%j', (text, body) => {
    expect(decode(text)).toEqual({ fault: undefined, body, ended: true, trailers: [] });
  });

  it('gives trailers', () => {
    expect(decode('1\r\nx\r\n0\r\nGrpc-Status: 0\r\nX-Sum:  1 \r\n\r\n').trailers).toEqual([
      ['grpc-status', '0'],
      ['x-sum', '1'],
    ]);
  });

  it('drops trailers with "_" in their names', () => {
    expect(decode('0\r\nx_sum: 1\r\nX-Sum: 2\r\n\r\n').trailers).toEqual([['x-sum', '2']]);
  });
});

describe('a chunked body that is refused', () => {
  it.each([
    ...[
      '',
      ' ',
      'x',
      '+5',
      '-1',
      '0x5',
      '5 ',
      ' 5',
      '5\t',
      '5.',
      '5,',
      'g',
      '\n',
      '20000000000000',
      'fffffffffffffffff',
      '0'.repeat(17),
    ].map((size) => ['invalid_chunk_size', `${size}\r\nhello\r\n0\r\n\r\n`]),
    ['invalid_chunk_size', '5\nhello\n0\n\n'],
    ['invalid_chunk_terminator', '5\rhello\r\n0\r\n\r\n'],
    ['invalid_chunk_terminator', '5\r\nhello0\r\n\r\n'],
    ['invalid_chunk_terminator', '5\r\nhello\n0\r\n\r\n'],
    ['invalid_chunk_terminator', '5\r\nhello\n\n0\r\n\r\n'],
    ['invalid_chunk_terminator', '5\r\nhello\r0\r\n\r\n'],
    ['invalid_chunk_terminator', '5\r\nhello!\r\n0\r\n\r\n'],
    ['invalid_chunk_terminator', '0\r\n\r\r'],
    ['invalid_chunk_extension', '5;\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5; a\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a b\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a=\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a= b\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a="b\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a="b\\\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a="b"c\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;a=b=c\r\nhello\r\n0\r\n\r\n'],
    ['invalid_chunk_extension', '5;;a\r\nhello\r\n0\r\n\r\n'],
    ['bare_line_feed', '0\r\nX: y\n\r\n'],
    ['bare_line_feed', '0\r\n\n'],
    ['obs_fold', '0\r\nX: y\r\n z\r\n\r\n'],
    ['missing_colon', '0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['control_character', '0\r\nX: \0\r\n\r\n'],
    ['aliased_protected', '0\r\nX_Forwarded_For: 1\r\n\r\n'],
    ...[
      'Content-Length: 1',
      'Transfer-Encoding: chunked',
      'Host: b',
      'Authorization: x',
      'Connection: close',
      'Cookie: a=b',
      'X-Forwarded-For: 1',
      'X-Consumer-Id: 1',
      'X-Api-Key: 1',
    ].map((line) => ['forbidden_trailer', `0\r\n${line}\r\n\r\n`]),
  ])('%s: %j', (code, text) => {
    const { fault, ended } = decode(text);
    expect({ fault, ended }).toEqual({ fault: code, ended: false });
  });
});

describe('views instead of copies', () => {
  it('gives a read that is all body as it is', () => {
    const parser = new RequestParser();
    parser.consume(Buffer.from(lengthHead(8)), 0);
    const read = Buffer.from('abcd');
    expect(parser.consume(read, 0)).toBe(4);
    expect(parser.state).toBe('bodyChunk');
    expect(parser.body).toBe(read);
  });

  it.each([
    ['length', `${lengthHead(5)}hello`],
    ['chunked', `${chunkedHead}5\r\nhello\r\n0\r\n\r\n`],
  ])('gives a view of the memory that was read, for the framing %s', (_, text) => {
    const read = Buffer.from(text);
    const parser = new RequestParser();
    parser.consume(read, parser.consume(read, 0));
    expect(parser.state).toBe('bodyChunk');
    expect(parser.body?.buffer).toBe(read.buffer);
    expect(parser.body?.byteOffset).toBe(read.byteOffset + text.indexOf('hello'));
    expect(parser.body?.toString()).toBe('hello');
  });

  it('gives a large chunk piece by piece, without gathering it', () => {
    const parser = new RequestParser();
    collectRequests(parser, [Buffer.from(`${chunkedHead}100000\r\n`)]);
    const piece = Buffer.alloc(0x10000);
    for (let received = 0; received < 0x100000; received += piece.length) {
      parser.consume(piece, 0);
      expect(parser.body).toBe(piece);
    }
    expect(collectRequests(parser, [Buffer.from('\r\n0\r\n\r\n')]).fault).toBeUndefined();
    expect(parser.idle).toBe(true);
  });
});
