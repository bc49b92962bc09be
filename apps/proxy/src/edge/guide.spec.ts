import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../listener/testing/raw-client.ts';
import { EdgeProxy } from './testing/edge-proxy.ts';
import { chunked, get, H, post } from './testing/messages.ts';

/** The rows of the guide's table of requests, by the input column. */
const rows = tableOf(
  readFileSync(new URL('../../../../docs/guides/edge.md', import.meta.url), 'utf8'),
);

function tableOf(guide: string): Map<string, string> {
  const section = guide.slice(
    guide.indexOf('\n## Requests\n'),
    guide.indexOf('\n## Responses from upstreams\n'),
  );
  const lines = [...section.matchAll(/^\| (.+) \| (.+) \|$/gm)].slice(1);
  return new Map(lines.map(([, input = '', answer = '']) => [input, answer]));
}

/**
 * The responses that a row promises: a status, with " c" when the connection closes. The default is
 * 200.
 */
function answersOf(text: string): string[] {
  const answers = [...text.matchAll(/\b([2-5]\d\d)( c)?\b/g)].map(
    ([, status = '', closes = '']) => status + closes,
  );
  return answers.length === 0 ? ['200'] : answers.toSorted();
}

const expectOther = (value: string): string =>
  post(`Expect: ${value}\r\nContent-Length: 5\r\n`, 'hello');
const host = (value: string): string => get('/p', `Host: ${value}\r\n`);
const lengthOf = (value: string): string => post(`Content-Length: ${value}\r\n`, 'hello');
const coding = (value: string): string => post(`Transfer-Encoding: ${value}\r\n`, '0\r\n\r\n');
const forwards = (value: string): string =>
  `OPTIONS /p HTTP/1.1\r\n${H}Max-Forwards: ${value}\r\n\r\n`;
const trailer = (field: string): string => chunked(`5\r\nhello\r\n0\r\n${field}\r\n\r\n`);
const upgrade = (name: string): string =>
  get('/p', `${H}Connection: Upgrade\r\nUpgrade: ${name}\r\n`);

/**
 * Example requests of each row, by the beginning of its input column. They must cover everything
 * the row names.
 */
const examples: Readonly<Record<string, readonly string[]>> = {
  'header block above 16 KiB': [
    get('/p', `${H}X: ${'a'.repeat(17_000)}\r\n`),
    get('/p', H + 'A: b\r\n'.repeat(100)),
  ],
  'request line above 8 KiB': [get(`/${'a'.repeat(8_200)}`)],
  'head not complete within 10 s': [
    'GET /p HTTP/1.1\r\nHo',
    post('Content-Length: 5\r\n', 'he'),
    chunked('5\r\nhe'),
  ],
  'content above the limit': [
    lengthOf('2001').replace('hello', 'x'.repeat(2_001)),
    chunked(`7d1\r\n${'x'.repeat(2_001)}\r\n0\r\n\r\n`),
    lengthOf('100000'),
  ],
  'Content-Length with Transfer-Encoding': [
    post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
    ...['5, 5', '+5', '007', '5 5', '0x5', '9007199254740992', ''].map(lengthOf),
  ],
  'Transfer-Encoding that does not end': [
    'chunked, gzip',
    'identity',
    'chunked, chunked',
    'chunked;q=1',
    ',chunked',
    'chunked,',
  ].map(coding),
  'other transfer codings before': ['gzip, chunked', 'identity, chunked', 'gzip;q=1, chunked'].map(
    coding,
  ),
  'Transfer-Encoding in HTTP/1.0': [
    coding('chunked').replace('HTTP/1.1', 'HTTP/1.0'),
    coding('gzip, chunked').replace('HTTP/1.1', 'HTTP/1.0'),
  ],
  'a tab before or after the value': ['\t5', '5\t']
    .map(lengthOf)
    .concat(['\tchunked', 'chunked\t'].map(coding)),
  'bare CR or LF': [
    'X: a\rb',
    'X: a\nb',
    'X: a\0b',
    'X: a\r\n b',
    'X : a',
    'X\t: a',
    'X: a\x01b',
  ].map((line) => get('/p', `${H}${line}\r\n`)),
  'one empty line': [`\r\n${get('/p')}`],
  'two empty lines': [`\r\n\r\n${get('/p')}`],
  'a chunk size that is not plain': [
    ...[
      '0x5\r\nhello\r\n',
      '5 \r\nhello\r\n',
      '00000000000000005\r\nhello\r\n',
      '20000000000000\r\n',
      `5;${'e'.repeat(1_024)}\r\nhello\r\n`,
      '5\r\nhello!\r\n',
      '5\nhello\r\n',
    ].map(chunked),
  ],
  'no Host in HTTP/1.1': [
    get('/p', ''),
    get('/p', H + H),
    ...['', 'u@a.test', 'a.test/x', 'a.test, b.test', 'a.test:0', 'a.test:65536', 'a.test:x'].map(
      host,
    ),
    get('http://b.test/p'),
  ],
  'an empty port': [
    host('a.test:'),
    get('http://a.test:/p'),
    get('http://a.test/p', 'Host: a.test:\r\n'),
  ],
  'no Host in HTTP/1.0': [get('/p', 'Connection: keep-alive\r\n', '1.0')],
  'HTTP/0.9': ['GET /p\r\n', get('/p', H, '1.10'), get('/p', H, 'x')],
  'other versions': [get('/p', H, '0.9'), get('/p', H, '1.2'), get('/p', H, '2.0')],
  'TRACE, CONNECT': [
    `TRACE /p HTTP/1.1\r\n${H}\r\n`,
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n',
  ],
  'unknown methods': [`BREW /p HTTP/1.1\r\n${H}\r\n`, `get /p HTTP/1.1\r\n${H}\r\n`],
  '`OPTIONS *`': [`OPTIONS * HTTP/1.1\r\n${H}\r\n`, forwards('0')],
  'OPTIONS with a greater': [forwards('1'), forwards('99999999999')],
  'OPTIONS with a `Max-Forwards` that is not': [
    forwards('x'),
    forwards('-1'),
    forwards('1\r\nMax-Forwards: 1'),
  ],
  '`#` in the target': [get('/a#b'), get('/\xe9'), get('*'), get('ftp://a.test/')],
  '`%00`, bad escapes': ['/a%00b', '/a%zz', '/a\\b', '/..;/a', '/.;x=y/a'].map((target) =>
    get(target),
  ),
  '`%2F` or `%5C`': ['/a%2Fb', '/a%5cb'].map((target) => get(target)),
  '`.`, `..`': ['/a/./b', '/a/../b', '/%2e%2e/b', '//b'].map((target) => get(target)),
  '`Via` with five': [get('/p', `${H}Via: ${'1.1 sluice, '.repeat(5)}1.1 x\r\n`)],
  'upgrades other than WebSocket': ['h2c', 'TLS/1.2'].map(upgrade),
  '`Expect` other than': ['200-ok', '100-continue, x', ''].map(expectOther),
  'two `Authorization`': [get('/p', `${H}Authorization: a\r\nAuthorization: b\r\n`)],
  'names with `_` |': [get('/p', `${H}my_name: a\r\n`)],
  'names with `_` or `.`': ['X_Consumer_Id', 'x.consumer.id', 'Transfer_Encoding'].map((name) =>
    get('/p', `${H}${name}: a\r\n`),
  ),
  'trailers |': [trailer('X-Sum: 1')],
  'trailers that carry': [
    'Content-Length: 5',
    'Host: b.test',
    'Authorization: x',
    'Cookie: a',
    'X-Forwarded-For: 1.2.3.4',
  ].map(trailer),
  'pipelined requests': [get('/p') + get('/q')],
};

describe('the table of requests in the guide', () => {
  let edge: EdgeProxy;
  beforeAll(async () => {
    edge = await EdgeProxy.start({ headerTimeoutMs: 1_000, bodyIdleMs: 1_000 });
  });
  afterAll(() => edge.stop());

  /** The response status, and whether the connection closes after it. */
  const answerTo = async (request: string): Promise<string> => {
    const client = await RawClient.connect(edge.proxy.port);
    const { status, headers } = await client
      .send(request)
      .readResponse(request.slice(0, request.indexOf(' ')));
    const saysClose = headers.get('connection') === 'close';
    if (saysClose) await client.readToEnd();
    else expect((await client.send(get('/next')).readResponse()).status).toBe(200);
    client.close();
    return `${status}${saysClose ? ' c' : ''}`;
  };

  it('has an example for each row, and a row for each example', () => {
    expect(
      [...rows.keys()].filter(
        (input) =>
          Object.keys(examples).filter((begin) => `${input} |`.startsWith(begin)).length !== 1,
      ),
    ).toEqual([]);
    expect(Object.keys(examples)).toHaveLength(rows.size);
  });

  it.each(Object.entries(examples))('is correct about "%s"', async (begin, requests) => {
    const [, answer = ''] = [...rows].find(([input]) => `${input} |`.startsWith(begin)) ?? [];
    const answers = await Promise.all(requests.map(answerTo));
    expect([...new Set(answers)].toSorted()).toEqual(answersOf(answer));
  });
});
