import { describe, expect, it } from '@jest/globals';
import { collectRequests } from '../testing/collect.ts';
import { RequestParser, ResponseParser } from './index.ts';
import { faultOfCodings } from './transfer-codings.ts';

/** Transfer codings that leave the end of the content open, or that readers disagree about: 400. */
const notChunkedAtTheEnd = [
  ...[
    '',
    ',',
    'gzip',
    'identity',
    'xchunked',
    'chunkedx',
    'chunked, gzip',
    'Chunked, identity',
    'chunked, chunked',
    'gzip, chunked, CHUNKED',
  ],
  ...[
    'chunked,',
    ', chunked',
    'chunked, ,',
    'chunked;q=1',
    'gzip, chunked;a="b"',
    '"chunked"',
    'gzip, "chunked"',
    'chunked chunked',
    'chunk ed',
  ],
  ...[
    'gzip chunked',
    'gzip;, chunked',
    'gzip;q, chunked',
    'gzip;q=, chunked',
    'gzip;q="a, chunked',
    '@, chunked',
    'gzip; chunked',
    'gzip,\tchunked\t,gzip',
  ],
];
/** Other codings before a final `chunked`: 501. */
const othersBeforeChunked = [
  ...[
    'gzip, chunked',
    'gzip,chunked',
    'GZIP , Chunked',
    'identity, chunked',
    'xchunked, chunked',
    'gzip, deflate, chunked',
    ',gzip,,chunked,',
  ],
  ...['gzip,\tchunked', 'gzip;q=1, chunked', 'gzip ; a = "x, y\\"" ; b=c , chunked'],
];

describe('the transfer codings of a message', () => {
  const cases = [
    ...notChunkedAtTheEnd.map((value) => [[value], 'invalid_transfer_coding'] as const),
    ...othersBeforeChunked.map((value) => [[value], 'unsupported_transfer_coding'] as const),
    ...['chunked', 'gzip', '', 'chunked, gzip'].map(
      (value) => [['chunked', value], 'invalid_transfer_coding'] as const,
    ),
    [['', 'chunked'], 'invalid_transfer_coding'],
    [['gzip', 'deflate'], 'invalid_transfer_coding'],
    [['gzip', 'chunked'], 'unsupported_transfer_coding'],
    [['gzip', 'br, Chunked'], 'unsupported_transfer_coding'],
  ] as const;

  it.each(cases)('%j: %s, in a request and in a response', (values, fault) => {
    const lines = values.map((value) => `Transfer-Encoding: ${value}\r\n`).join('');
    const request = new RequestParser();
    expect(
      collectRequests(request, [
        Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1'),
      ]).fault,
    ).toBe(fault);
    expect(request.fault?.status).toBe(fault === 'invalid_transfer_coding' ? 400 : 501);
    const response = new ResponseParser();
    response.begin('GET', false);
    response.consume(Buffer.from(`HTTP/1.1 200 OK\r\n${lines}\r\n`, 'latin1'), 0);
    expect([response.fault?.code, response.fault?.status]).toEqual([fault, 502]);
  });

  it('are read in a time that grows with their length only', () => {
    const long = [
      ' '.repeat(16_000),
      ','.repeat(16_000),
      'a'.repeat(16_000),
      'a;b="'.repeat(3_000),
      'a;b=c'.repeat(3_000),
      `a${' ; b = c'.repeat(2_000)}`,
      `a${' '.repeat(16_000)}x`,
    ];
    const started = performance.now();
    for (const value of long)
      expect(faultOfCodings([value, value])).toBe('invalid_transfer_coding');
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
