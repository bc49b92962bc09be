import { checkRows } from './testing/check-rows.ts';
import {
  refused,
  refusedAndKept,
  served,
  servedAndClosed,
  type EdgeRow,
} from './testing/edge-row.ts';
import { get, H, hostLast, request } from './testing/messages.ts';

const malformed = (name: string, send: string) => refused(name, send, 'malformed_request');
const field = (line: string) => malformed(JSON.stringify(line), get('/p', `${H}${line}\r\n`));
const host = (value: string) =>
  refused(`Host:${JSON.stringify(value)}`, get('/p', `Host:${value}\r\n`), 'invalid_host');
const atHost = (value: string, seen: string) =>
  served(
    `Host:${JSON.stringify(value)}`,
    get('/p', `Host:${value}\r\n`),
    request('GET /p', { host: seen }),
  );
/** Field lines of `bytes` bytes in total, line ends included; each line is short. */
const fieldsOf = (bytes: number): string => {
  const line = (size: number) => `X: ${'a'.repeat(size - 5)}\r\n`;
  const whole = Math.floor(bytes / 1_000) - 1;
  return line(1_000).repeat(whole) + line(bytes - whole * 1_000);
};
const room = 16_384 - H.length;
/** OPTIONS, with Max-Forwards when there is a value. */
const options = (target: string, value?: string): string =>
  `OPTIONS ${target} HTTP/1.1\r\n${H}${value === undefined ? '' : `Max-Forwards: ${value}\r\n`}\r\n`;
const answeredHere = (name: string, send: string): EdgeRow => ({
  name,
  send,
  method: 'OPTIONS',
  status: 204,
  body: '',
  closes: false,
});
/** The forwarded value: one less, and at most 31 bits. */
const forwardsLeft = (value: string): number => Math.min(Number(value) - 1, 2_147_483_647);
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

checkRows('methods', [
  refusedAndKept('TRACE', `TRACE /p HTTP/1.1\r\n${H}\r\n`, 'method_not_allowed'),
  refusedAndKept(
    'CONNECT',
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n',
    'method_not_allowed',
  ),
  refused('CONNECT with a path', `CONNECT /p HTTP/1.1\r\n${H}\r\n`, 'invalid_target'),
  refused(
    'CONNECT with an empty port',
    'CONNECT a.test: HTTP/1.1\r\nHost: a.test:\r\n\r\n',
    'invalid_host',
  ),
  refused('CONNECT without a port', `CONNECT a.test HTTP/1.1\r\n${H}\r\n`, 'invalid_host'),
  refusedAndKept('an unknown one', `BREW /p HTTP/1.1\r\n${H}\r\n`, 'method_not_implemented'),
  refusedAndKept(
    'a known one in small letters',
    `get /p HTTP/1.1\r\n${H}\r\n`,
    'method_not_implemented',
  ),
  refusedAndKept(
    'a known one with something behind it',
    `GETX /p HTTP/1.1\r\n${H}\r\n`,
    'method_not_implemented',
  ),
  refusedAndKept(
    'the preface of HTTP/2 as a method',
    `PRI /p HTTP/1.1\r\n${H}\r\n`,
    'method_not_implemented',
  ),
  refusedAndKept(
    'an unknown one with content',
    `BREW /p HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`,
    'method_not_implemented',
  ),
  served('HEAD has no content', `HEAD /p HTTP/1.1\r\n${H}\r\n`, request('HEAD /p')),
  served(
    'POST without content says so',
    `POST /p HTTP/1.1\r\n${H}\r\n`,
    request('POST /p', { framing: 'Content-Length: 0\r\n' }),
  ),
  served('OPTIONS of a path', `OPTIONS /p HTTP/1.1\r\n${H}\r\n`, request('OPTIONS /p')),
  answeredHere('OPTIONS *', options('*')),
  {
    ...answeredHere('OPTIONS * of HTTP/1.0 without Host', 'OPTIONS * HTTP/1.0\r\n\r\n'),
    closes: true,
  },
]);

checkRows('Max-Forwards', [
  ...['1', '10', '007', '256', '2147483648', '99999999999999999999', '9'.repeat(400)].map((value) =>
    served(
      `of OPTIONS is counted down from ${value.slice(0, 30)}`,
      options('/p', value),
      request('OPTIONS /p', { fields: `Max-Forwards: ${forwardsLeft(value)}\r\n` }),
    ),
  ),
  ...['0', '00', ' 0 '].map((value) =>
    answeredHere(`of OPTIONS has come to ${JSON.stringify(value)}`, options('/p', value)),
  ),
  ...['', '-1', '+1', '1.0', '0x1', '1,1', 'x', '1 1', '\xb2', '"1"'].map((value) =>
    refusedAndKept(
      `of OPTIONS is ${JSON.stringify(value)}`,
      options('/p', value),
      'malformed_request',
    ),
  ),
  refusedAndKept(
    'of OPTIONS comes twice',
    options('/p', '1\r\nMax-Forwards: 1'),
    'malformed_request',
  ),
  refusedAndKept('of OPTIONS * is bad as well', options('*', 'x'), 'malformed_request'),
  answeredHere('of OPTIONS * has come to 0', options('*', '0')),
  answeredHere('of OPTIONS * has not', options('*', '5')),
  answeredHere(
    'of OPTIONS with content has come to 0',
    options('/p', '0\r\nContent-Length: 5').concat('hello'),
  ),
  served(
    'that Connection nominates goes no further',
    options('/p', '5\r\nConnection: Max-Forwards'),
    request('OPTIONS /p'),
  ),
  ...['0', 'x', '5'].map((value) =>
    served(
      `of GET means nothing: ${value}`,
      get('/p', `${H}Max-Forwards: ${value}\r\n`),
      request('GET /p', { fields: `Max-Forwards: ${value}\r\n` }),
    ),
  ),
  ...['0', '5', 'x'].map((value) =>
    refusedAndKept(
      `of TRACE changes nothing: ${value}`,
      `TRACE /p HTTP/1.1\r\n${H}Max-Forwards: ${value}\r\n\r\n`,
      'method_not_allowed',
    ),
  ),
]);

checkRows('hosts that are refused', [
  refused('none', get('/p', ''), 'invalid_host'),
  refused('none beside an absolute target', get('http://a.test/p', ''), 'invalid_host'),
  refused('an empty one in HTTP/1.0', get('/p', 'Host:\r\n', '1.0'), 'invalid_host'),
  refused('two in HTTP/1.0', get('/p', H + H, '1.0'), 'invalid_host'),
  refused('two', get('/p', `${H}Host: b.test\r\n`), 'invalid_host'),
  refused('two that agree', get('/p', H + H), 'invalid_host'),
  refused('two, written in different capitals', get('/p', `${H}hOST: b.test\r\n`), 'invalid_host'),
  refused('an empty one and a good one', get('/p', `Host:\r\n${H}`), 'invalid_host'),
  ...[
    '',
    ' ',
    ' u@a.test',
    ' u:p@a.test',
    ' a.test/x',
    ' a.test?x',
    ' a.test#x',
    ' a.test\\x',
    ' a.test,b.test',
    ' a.test, b.test',
    ' a.test b.test',
    ' a..test',
    ' .a.test',
    ' .',
    ' a.test..',
    ' *.test',
    ' a%2etest',
    ' a\xe9.test',
    ' http://a.test',
    ' //a.test',
    " a'test",
    ' "a.test"',
    ' a.test;x',
    ' [::1',
    ' ::1',
    ' [::1]x',
    ' [::g]',
    ' [1.2.3.4]',
    ' [fe80::1%25eth0]',
    ` ${'a'.repeat(64)}.test`,
    ` ${'a.'.repeat(127)}test`,
  ].map(host),
  ...[
    '::',
    ':0',
    ':00',
    ':080',
    ':65536',
    ':99999',
    ':+80',
    ':-1',
    ':8o',
    ':80:80',
    ': 80',
    ':80,',
    ':0x50',
    ':999999999999',
  ].map((port) => host(` a.test${port}`)),
]);

checkRows('hosts that are taken, in one spelling', [
  atHost('a.test', 'a.test'),
  atHost('  a.test  ', 'a.test'),
  atHost(' A.TeSt', 'a.test'),
  atHost(' a.test.', 'a.test'),
  atHost(' A.test.:8080', 'a.test:8080'),
  atHost(' a_b.test', 'a_b.test'),
  atHost(' 127.0.0.1', '127.0.0.1'),
  atHost(' [::1]', '[::1]'),
  atHost(' a.test:', 'a.test'),
  atHost(' A.test.:', 'a.test'),
  atHost(' [::1]:', '[::1]'),
  atHost(' [0:0:0::0:1]:99', '[::1]:99'),
  served(
    'nominated by Connection',
    get('/p', `${H}Connection: Host\r\n`),
    hostLast(request('GET /p')),
  ),
]);

checkRows('targets that name a host', [
  served('the same', get('http://a.test/p'), request('GET /p')),
  served('the same in other letters', get('HTTP://A.Test:80/p'), request('GET /p')),
  served('the same without a path', get('http://a.test'), request('GET /')),
  served('the same with a query alone', get('http://a.test?x'), request('GET /?x')),
  served('the same with an empty port', get('http://a.test:/p'), request('GET /p')),
  served(
    'the same where Host has the empty port',
    get('http://a.test:80/p', 'Host: a.test:\r\n'),
    request('GET /p'),
  ),
  servedAndClosed(
    'one of HTTP/1.0 without Host',
    get('http://A.test:/p', '', '1.0'),
    hostLast(request('GET /p')),
  ),
  refused(
    'a bad one of HTTP/1.0 without Host',
    get('http://u@a.test/p', '', '1.0'),
    'invalid_host',
  ),
  served(
    'the same with the same port',
    get('http://a.test:81/p', 'Host: a.test:81\r\n'),
    request('GET /p', { host: 'a.test:81' }),
  ),
  ...[
    'http://b.test/p',
    'http://a.test:81/p',
    'http://u@a.test/p',
    'http://a.test@b.test/p',
    'http://a.test:0/p',
    'http://a.test:x/p',
    'http:///p',
    'http://a.test,b.test/p',
    'http://a.test\\@b.test/p',
    'http://a.test%40b.test/p',
    'https://a.test:80/p',
  ].map((target) => refused(target, get(target), 'invalid_host')),
  ...[
    'ftp://a.test/p',
    'http:/a.test/p',
    'http:a.test',
    'httpx://a.test/',
    'a.test/p',
    'p',
    '*',
    '?x',
    'javascript:x',
    'file:///etc/passwd',
    'ws://a.test/p',
    'a.test:443',
  ].map((target) => refused(target, get(target), 'invalid_target')),
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
