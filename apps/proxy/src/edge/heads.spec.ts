import { checkRows } from './testing/check-rows.ts';
import { refused, served, servedAndClosed } from './testing/edge-row.ts';
import { get, H, request } from './testing/messages.ts';

const malformed = (name: string, send: string) => refused(name, send, 'malformed_request');
const field = (line: string) => malformed(JSON.stringify(line), get('/p', `${H}${line}\r\n`));
/** Field lines of `bytes` bytes in total, line ends included; each line is short. */
const fieldsOf = (bytes: number): string => {
  const line = (size: number) => `X: ${'a'.repeat(size - 5)}\r\n`;
  const whole = Math.floor(bytes / 1_000) - 1;
  return line(1_000).repeat(whole) + line(bytes - whole * 1_000);
};
const room = 16_384 - H.length;
const line = (bytes: number): string => `/${'a'.repeat(bytes - 'GET / HTTP/1.1'.length)}`;

checkRows('the size of a head', [
  served(
    'a header block of exactly 16 KiB',
    get('/p', H + fieldsOf(room)),
    request('GET /p', { fields: fieldsOf(room) }),
  ),
  refused('one byte more', get('/p', H + fieldsOf(room + 1)), 'header_fields_too_large'),
  refused(
    'one field of 17 KiB',
    get('/p', `${H}X: ${'a'.repeat(17_000)}\r\n`),
    'header_fields_too_large',
  ),
  refused(
    'a field without end',
    `GET /p HTTP/1.1\r\n${H}X: ${'a'.repeat(40_000)}`,
    'header_fields_too_large',
  ),
  refused(
    'a name without end',
    `GET /p HTTP/1.1\r\n${H}${'x'.repeat(40_000)}`,
    'header_fields_too_large',
  ),
  served(
    'exactly 100 field lines',
    get('/p', H + 'A: b\r\n'.repeat(99)),
    request('GET /p', { fields: 'A: b\r\n'.repeat(99) }),
  ),
  refused('101 of them', get('/p', H + 'A: b\r\n'.repeat(100)), 'header_fields_too_large'),
  refused(
    '101 of them, dropped ones included',
    get('/p', H + 'a_b: c\r\n'.repeat(100)),
    'header_fields_too_large',
  ),
  served('a request line of exactly 8 KiB', get(line(8_192)), request(`GET ${line(8_192)}`)),
  refused('one byte more', get(line(8_193)), 'uri_too_long'),
  refused('a request line without end', `GET /${'a'.repeat(40_000)}`, 'uri_too_long'),
  refused('a method without end', 'A'.repeat(40_000), 'uri_too_long'),
]);

checkRows('field lines that are not well-formed', [
  ...[
    'X : a',
    'X\t: a',
    ' X: a',
    '\tX: a',
    ': a',
    ' : a',
    'X',
    'X a',
    'X\0: a',
    'X: a\0',
    'X: \0',
    '\0: a',
    'X\xe9: a',
    'X(: a',
    'X": a',
    'X/y: a',
    'X[0]: a',
    'X{: a',
    'X@: a',
    'X;: a',
    'X,Y: a',
    'X Y: a',
  ].map(field),
  ...[
    'X: a\x01b',
    'X: a\x07',
    'X: a\x08',
    'X: a\x0b',
    'X: a\x0c',
    'X: a\x1b[0m',
    'X: a\x7f',
    'X: a\rb',
    'X: a\nb',
    'X: a\r',
    'X\r: a',
    'X\n: a',
    '\rX: a',
    'X: a\r\n b',
    'X: a\r\n\tb',
    'X:\r\n a',
    '\x0bX: a',
    '\x85X: a',
  ].map(field),
  malformed('a folded Host', get('/p', 'Host:\r\n a.test\r\n')),
  malformed('a folded line first', get('/p', ` X: y\r\n${H}`)),
  malformed('a bare LF behind the request line', `GET /p HTTP/1.1\n${H}\r\n`),
  malformed('bare LFs throughout', 'GET /p HTTP/1.1\nHost: a.test\n\n'),
  malformed('CR CR LF at the end', `GET /p HTTP/1.1\r\n${H}\r\r\n`),
  served(
    'all that a value may hold',
    get('/p', `${H}X: \t a\tb "c" \xe9\xff ;,=()<>@[]{}?\\ \t\r\n`),
    request('GET /p', { fields: 'X: \t a\tb "c" \xe9\xff ;,=()<>@[]{}?\\ \t\r\n' }),
  ),
  served(
    'all that a name may hold',
    get('/p', `${H}!#$%&'*+-.^\`|~0aZ: b\r\n`),
    request('GET /p', { fields: "!#$%&'*+-.^`|~0aZ: b\r\n" }),
  ),
  served(
    'values that are empty, or nothing but spaces',
    get('/p', `${H}X:\r\nY:   \r\n`),
    request('GET /p', { fields: 'X:\r\nY:   \r\n' }),
  ),
]);

checkRows('request lines that are not well-formed', [
  ...[
    'GET /p',
    'GET  /p HTTP/1.1',
    'GET /p  HTTP/1.1',
    ' GET /p HTTP/1.1',
    'GET /p HTTP/1.1 ',
    'GET /p HTTP/1.1 x',
    'GET\t/p\tHTTP/1.1',
    'GET HTTP/1.1',
    'GET',
    'G(T /p HTTP/1.1',
    '"GET" /p HTTP/1.1',
    'GET\0 /p HTTP/1.1',
    'G\xc9T /p HTTP/1.1',
    '\xef\xbb\xbfGET /p HTTP/1.1',
    'GET /p HTTP/1.1\r',
    'GET /p\r HTTP/1.1',
    '\x16\x03\x01\x02\x00',
  ].map((text) => malformed(JSON.stringify(text), `${text}\r\n${H}\r\n`)),
  refused('a tab before the version', `GET /p\tHTTP/1.1\r\n${H}\r\n`, 'invalid_target'),
  malformed('HTTP/0.9', 'GET /p\r\n'),
  ...[
    'HTTP/1.1x',
    'HTTP/1.',
    'HTTP/.1',
    'HTTP/11',
    'HTTP/1.10',
    'HTTP/01.1',
    'http/1.1',
    'HTTPS/1.1',
    'HTTP /1.1',
    'HTTP/1,1',
    'HTTP/-1.1',
    'ICAP/1.0',
    'HTTP/1',
  ].map((version) => malformed(`the version ${version}`, `GET /p ${version}\r\n${H}\r\n`)),
  ...['HTTP/0.9', 'HTTP/1.2', 'HTTP/1.9', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/9.9'].map((version) =>
    refused(
      `the version ${version}`,
      `GET /p ${version}\r\n${H}\r\n`,
      'http_version_not_supported',
    ),
  ),
  malformed('two empty lines before it', `\r\n\r\n${get('/p')}`),
  malformed('a bare LF before it', `\n${get('/p')}`),
  served('one empty line before it', `\r\n${get('/p')}`, request('GET /p')),
]);

checkRows('the end of a connection', [
  servedAndClosed('Connection: close', get('/p', `${H}Connection: close\r\n`), request('GET /p')),
  servedAndClosed(
    'close among others',
    get('/p', `${H}Connection: x, CLOSE\r\nConnection: keep-alive\r\n`),
    request('GET /p'),
  ),
  servedAndClosed(
    'Proxy-Connection: close',
    get('/p', `${H}Proxy-Connection: close\r\n`),
    request('GET /p'),
  ),
  servedAndClosed('HTTP/1.0', get('/p', H, '1.0'), request('GET /p')),
  served(
    'HTTP/1.0 with keep-alive',
    get('/p', `${H}Connection: keep-alive\r\n`, '1.0'),
    request('GET /p'),
  ),
  servedAndClosed(
    'HTTP/1.0 with Proxy-Connection alone',
    get('/p', `${H}Proxy-Connection: keep-alive\r\n`, '1.0'),
    request('GET /p'),
  ),
]);
