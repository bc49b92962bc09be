/**
 * Messages for the differential test: mostly good ones, put together from parts that parsers
 * disagree about, and then often damaged.
 */
import type { Expected } from './collect.ts';
import type { Random } from './random.ts';

const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PATCH',
  'CONNECT',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'FOO',
  'get',
  'PRI',
];
const TARGETS = [
  '/',
  '/',
  '/a/b?c=d',
  '/a/../b//c',
  '/%2e%2f%zz',
  '*',
  'http://a/x?y',
  'http://a:80/',
  'HTTP://a',
  'https://a/',
  'http://b/',
  'http://u@a/',
  'a:443',
  'a',
  '?q',
  '/a#b',
  '/\xe9',
  '/"<>\\^`{|}',
  '//a',
  '',
  'ftp://a/',
];
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.',
  'HTTP/11',
  '',
];
const STATUSES = [
  '200 OK',
  '200 OK',
  '200',
  '200 ',
  '204 No Content',
  '304 Not Modified',
  '404 Not Found',
  '100 Continue',
  '103 Early Hints',
  '101 Switching Protocols',
  '599 X',
  '600 X',
  '99 X',
  '000 X',
  '2000 X',
  '200\tOK',
  '200 \xe9',
];
const HOSTS = [
  'a',
  'a',
  'a',
  'a',
  'A:80',
  '[::1]:1',
  '',
  'a b',
  'u@a',
  'a/b',
  'a,b',
  'a:',
  '[::1]:',
  ':',
  'a:99999',
  '\xe9',
];
const LENGTHS = [
  '0',
  '3',
  '3',
  '5',
  '10',
  '+3',
  '-1',
  ' 3 ',
  '3,3',
  '3 3',
  '0x3',
  '',
  '3\t',
  '\t3',
  '3 \t',
  '03',
  '18446744073709551616',
  '9007199254740992',
  '3;',
];
const CODINGS = [
  'chunked',
  'chunked',
  'chunked',
  'Chunked',
  'gzip, chunked',
  'gzip;a="b,c" ,, chunked',
  'chunked, gzip',
  'chunked, chunked',
  ',chunked',
  'identity',
  '',
  'chunked ',
  'xchunked',
  'chunked,',
  '\tchunked',
  '"chunked"',
  'chunked;a=b',
  'chunked\t',
  'chunked \t ',
];
const CONNECTIONS = [
  'close',
  'keep-alive',
  'Keep-Alive',
  'close, keep-alive',
  'keep-alive, close',
  'upgrade',
  'Upgrade, keep-alive',
  'x',
  '',
  'close x',
  'closed',
  'x,close',
  'keep-alive,upgrade',
  ' close ,',
  'te, close',
  'close\t',
  '\tclose',
  'keep-alive\t',
  'close\t,x',
  'x\t,close',
  'upgrade\t',
  'upgrade, \tclose',
];
const UPGRADES = ['websocket', 'h2c', 'WebSocket', 'h2c, websocket', '', 'websocket\t'];
const GOOD_FIELDS = [
  'Accept: */*',
  'X: y',
  'X:y',
  'X:   y  ',
  'X:\ty\t',
  'X:',
  'X: caf\xe9',
  'X: "a, b"; c',
  'x_y: z',
  'X.Y: z',
  'Expect: 100-continue',
  'Expect: 100-continue\t',
  'Authorization: a',
  'Cookie: a=b; c=d',
  'Trailer: X',
  'TE: trailers',
  'Keep-Alive: timeout=5',
];
const BAD_FIELDS = [
  'Host: a',
  'Authorization: b',
  'Proxy-Connection: close',
  'Expect: x',
  'X_Forwarded_For: 1',
  'Content_Length: 3',
  ' folded',
  '\tfolded',
  'X : y',
  'X\t: y',
  ': y',
  'X',
  'X\x00: y',
  'X: \x01',
  'X: \x7f',
  'X(: y',
  'X\xe9: y',
  'X: a\rb',
  'X: a\nb',
];
const CONTENTS = [
  '',
  'abc',
  'abcde',
  '0123456789',
  '\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
];
const SIZES = [
  '3',
  '3',
  '03',
  '3 ',
  ' 3',
  '+3',
  '0x3',
  '3;a',
  '3;a=b',
  '3;a="b\\"c"',
  '3; a',
  '3 ;a',
  '3;',
  '3;a=',
  '3;a="b',
  '3;a;b=c',
  '3,',
  '3\t',
  '-3',
  'FFFFFFFFFFFFFFFFF',
  '00000000000000000000003',
  '3;\x01',
  '3;a=\xe9',
  '3;a="\xe9"',
  '3;a="\t"',
  'g',
  '',
  '3;a=b;',
  '3;a=b c',
  '3;=b',
];
const TRAILERS = [
  'X: y',
  'X: y',
  'X-Sum: 1',
  'Content-Length: 3',
  'Transfer-Encoding: chunked',
  'Host: b',
  'X',
  ' X: y',
  'X : y',
  'X: \x00',
  'x_y: z',
  'Connection: close',
];
const DAMAGE = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '=',
  '"',
  '\\',
  '0',
  '3',
  'a',
  'Z',
  '\x7f',
  '\x80',
  '\xff',
  '\x0b',
  '\x0c',
  '/',
  '#',
  '_',
  '.',
  '\r\r\n',
  '\n\r',
];
const ENDS = ['\n', '\r', '\r\r\n', '\n\r', ' \r\n', ''];

/** Usually CRLF. */
function lineEnd(random: Random): string {
  return random.once(120) ? random.pick(ENDS) : '\r\n';
}

function chunkedBody(random: Random): string {
  let body = '';
  for (let chunks = random.below(3); chunks > 0; chunks--) {
    const size = random.once(3) ? random.pick(SIZES) : '3';
    const content = random.once(20) ? random.pick(CONTENTS) : 'abc';
    body += `${size}${lineEnd(random)}${content}${lineEnd(random)}`;
  }
  body += `${random.once(12) ? random.pick(['00', '0;a', '0 ', '', '000000000000000000000', '0;a="b"']) : '0'}${lineEnd(random)}`;
  for (let trailers = random.once(4) ? random.below(3) : 0; trailers > 0; trailers--)
    body += `${random.pick(TRAILERS)}${lineEnd(random)}`;
  return body + lineEnd(random);
}

/** Field lines and a body that usually suits them. */
function fieldsAndBody(random: Random, withHost: boolean): string {
  const lines: string[] = [];
  let body = '';
  if (withHost && !random.once(40))
    lines.push(`Host: ${random.once(8) ? random.pick(HOSTS) : 'a'}`);
  const framing = random.below(4);
  if (framing === 0) {
    lines.push(`Content-Length: ${random.once(4) ? random.pick(LENGTHS) : '3'}`);
    body = random.once(10) ? random.pick(CONTENTS) : 'abc';
  } else if (framing === 1) {
    lines.push(`Transfer-Encoding: ${random.once(4) ? random.pick(CODINGS) : 'chunked'}`);
    body = chunkedBody(random);
  }
  if (random.once(12))
    lines.push(
      `${random.pick(['Content-Length', 'content-length', 'CONTENT-LENGTH'])}: ${random.pick(LENGTHS)}`,
    );
  if (random.once(15))
    lines.push(
      `${random.pick(['Transfer-Encoding', 'transfer-encoding'])}: ${random.pick(CODINGS)}`,
    );
  if (random.once(4)) lines.push(`Connection: ${random.pick(CONNECTIONS)}`);
  if (random.once(12)) lines.push(`Upgrade: ${random.pick(UPGRADES)}`);
  for (let others = random.below(4); others > 0; others--)
    lines.push(random.pick(random.once(15) ? BAD_FIELDS : GOOD_FIELDS));
  for (let at = lines.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [lines[at], lines[other]] = [lines[other] as string, lines[at] as string];
  }
  return `${lines.map((line) => line + lineEnd(random)).join('')}${lineEnd(random)}${body}`;
}

function damaged(random: Random, text: string): string {
  if (!random.once(3) || text.length === 0) return text;
  let result = text;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(result.length);
    const width = random.below(3);
    result =
      result.slice(0, at) + (random.once(3) ? '' : random.pick(DAMAGE)) + result.slice(at + width);
  }
  return result;
}

/** The bytes that a client might send over one connection, as latin1 text. */
export function generateRequests(random: Random): string {
  let text = '';
  for (let messages = 1 + random.below(3); messages > 0; messages--) {
    const line = [
      random.once(4) ? random.pick(METHODS) : random.pick(['GET', 'POST']),
      random.once(4) ? random.pick(TARGETS) : '/a?b',
      random.once(8) ? random.pick(VERSIONS) : 'HTTP/1.1',
    ].join(random.once(60) ? random.pick(['  ', '\t']) : ' ');
    text += `${random.once(25) ? random.pick(['\r\n', '\r\n\r\n', '\n', ' ']) : ''}${line}${lineEnd(random)}${fieldsAndBody(random, true)}`;
  }
  return damaged(random, text);
}

/** The bytes that a server might send over one connection, and what was asked. */
export function generateResponses(random: Random): {
  text: string;
  expected: Expected[];
  closes: boolean;
} {
  let text = '';
  const expected: Expected[] = [];
  for (let messages = 1 + random.below(3); messages > 0; messages--) {
    const upgradeAsked = random.once(10);
    expected.push({
      method: upgradeAsked ? 'GET' : random.pick(['GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT']),
      upgradeAsked,
    });
    const version = random.once(8) ? random.pick(VERSIONS) : 'HTTP/1.1';
    const status =
      upgradeAsked && random.once(2)
        ? '101 Switching Protocols'
        : random.once(2)
          ? random.pick(STATUSES)
          : '200 OK';
    const upgrade = status.startsWith('101') ? 'Upgrade: websocket\r\nConnection: upgrade\r\n' : '';
    text += `${random.once(40) ? random.pick(['\r\n', '\n']) : ''}${version} ${status}${lineEnd(random)}${upgrade}${fieldsAndBody(random, false)}`;
  }
  return { text: damaged(random, text), expected, closes: random.once(2) };
}

/** Where to cut the bytes into reads. */
export function generateCuts(random: Random, length: number): number[] {
  if (random.once(4)) return [];
  if (random.once(8)) return Array.from({ length }, (_, index) => index);
  return Array.from({ length: 1 + random.below(6) }, () => random.below(length + 1));
}
