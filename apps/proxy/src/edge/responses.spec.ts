import { checkHostileRows } from './testing/check-hostile-rows.ts';
import {
  brokenChunks,
  brokenOff,
  head,
  inChunks,
  notUnderstood,
  passedOn,
  whole,
} from './testing/hostile-row.ts';

const says = (fields: string, content = '', statusLine = 'HTTP/1.1 200 OK'): string =>
  `${statusLine}\r\n${fields}\r\n${content}`;
const sized = (content: string): string => says(`Content-Length: ${content.length}\r\n`, content);
const poison = sized('POISON');
const bad = (text: string, content = 'hello') =>
  notUnderstood(JSON.stringify(text).slice(0, 60), says(`${text}\r\n`, content));
const badStatus = (line: string) =>
  notUnderstood(JSON.stringify(line).slice(0, 60), says('Content-Length: 5\r\n', 'hello', line));
const fieldsOf = (bytes: number): string => `X: ${'a'.repeat(995)}\r\n`.repeat(bytes / 1_000);
const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';

checkHostileRows('responses whose end is ambiguous', [
  ...[
    '05',
    '0005',
    '+5',
    '-5',
    '5,5',
    '5, 5',
    '5;5',
    '0x5',
    '5.0',
    '',
    '"5"',
    '5 5',
    '9007199254740992',
    '9'.repeat(400),
    '\t5',
    '5\t',
    '\x0b5',
    '5\0',
  ].map((length) => bad(`Content-Length: ${length}`)),
  ...[
    'gzip',
    'identity',
    'chunked, chunked',
    'gzip, chunked',
    'chunked, gzip',
    ',chunked',
    'chunked,',
    'xchunked',
    'chunked;q=1',
    '"chunked"',
    '',
    '\tchunked',
    'chunked\t',
    '\x0bchunked',
    'chunked\xa0',
  ].map((coding) => bad(`Transfer-Encoding: ${coding}`, '5\r\nhello\r\n0\r\n\r\n')),
  bad('Content-Length: 5\r\nContent-Length: 5'),
  bad('Content-Length: 5\r\nContent-Length: 6'),
  bad('Content-Length: 5\r\ncontent-length: 6', 'hello!'),
  bad('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  bad('Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'),
  bad('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  bad('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '0\r\n\r\n'),
  bad('Transfer-Encoding : chunked', '0\r\n\r\n'),
  bad('Transfer-Encoding:\r\n chunked', '0\r\n\r\n'),
  notUnderstood(
    'a coding in HTTP/1.0',
    says('Transfer-Encoding: chunked\r\n', '0\r\n\r\n', 'HTTP/1.0 200 OK'),
  ),
  notUnderstood(
    '204 with a length',
    says('Content-Length: 5\r\n', 'hello', 'HTTP/1.1 204 No Content'),
  ),
  notUnderstood(
    '204 with a coding',
    says('Transfer-Encoding: chunked\r\n', '0\r\n\r\n', 'HTTP/1.1 204 No Content'),
  ),
]);

checkHostileRows('heads that are not well-formed', [
  ...[
    'X : a',
    ' X: a',
    ': a',
    'X',
    'X\0: a',
    'X: a\0b',
    'X: a\x01b',
    'X: a\x7f',
    'X: a\rb',
    'X: a\nb',
    'X: a\r\n b',
    'X: a\r\n\tb',
    'X Y: a',
    'X(: a',
    'X\xe9: a',
  ].map((line) => bad(`Content-Length: 5\r\n${line}`)),
  notUnderstood('bare LFs throughout', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'),
  notUnderstood(
    'a bare LF at the end of the head',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello',
  ),
  notUnderstood(
    'a bare LF behind the status line',
    'HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello',
  ),
  notUnderstood('101 fields', says('A: b\r\n'.repeat(101))),
  notUnderstood('33 KB of fields', says(fieldsOf(33_000))),
  notUnderstood('one field of 33 KB', says(`X: ${'a'.repeat(33_000)}\r\n`)),
  notUnderstood('a field without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(60_000)}`),
  notUnderstood('a status line without end', `HTTP/1.1 200 ${'a'.repeat(60_000)}`),
  ...[
    'HTTP/1.1 000 No',
    'HTTP/1.1 099 No',
    'HTTP/1.1 600 No',
    'HTTP/1.1 999 No',
    'HTTP/1.1 99999 No',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 -20 OK',
    'HTTP/1.1 2OO OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1200 OK',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.2 200 OK',
    'HTTP/0.9 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/2 200',
    'HTTP/11 200 OK',
    'http/1.1 200 OK',
    'ICY 200 OK',
    ' HTTP/1.1 200 OK',
    '\r\nHTTP/1.1 200 OK',
    'HTTP/1.1 200 O\0K',
    'HTTP/1.1 200 O\x0bK',
    'HTTP/1.1 200 OK\rSet-Cookie: a',
    'HTTP/1.1 200 OK\nSet-Cookie: a',
  ].map(badStatus),
  notUnderstood('HTTP/0.9: content alone', '<html>POISON</html>\r\n\r\n'),
  notUnderstood('another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'),
  notUnderstood('a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'),
  notUnderstood('frames of HTTP/2', '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64'),
]);

checkHostileRows('interim responses', [
  passedOn(
    '103 is passed on, 100 is not',
    `HTTP/1.1 100 Continue\r\n\r\n${hints}${sized('hello')}`,
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${whole('hello')}`,
  ),
  passedOn('16 of them', hints.repeat(16) + sized('hello'), hints.repeat(16) + whole('hello')),
  passedOn(
    'what belongs to the connection goes no further',
    `HTTP/1.1 103 Early Hints\r\nConnection: X-A\r\nX-A: b\r\nKeep-Alive: x\r\n\r\n${sized('hello')}`,
    `HTTP/1.1 103 Early Hints\r\n\r\n${whole('hello')}`,
  ),
  notUnderstood('17 of them', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17) + sized('hello')),
  notUnderstood('a flood of them', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2_000)),
  notUnderstood(
    'with content by length',
    `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello${sized('hello')}`,
  ),
  notUnderstood(
    'with content in chunks',
    `HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${sized('hello')}`,
  ),
  notUnderstood(
    'that announces the end',
    `HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n${sized('hello')}`,
  ),
  notUnderstood(
    '101 unasked',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nPOISON',
  ),
  notUnderstood(
    '101 unasked, to h2c',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPOISON',
  ),
  notUnderstood('and then the end', 'HTTP/1.1 100 Continue\r\n\r\n', 'upstream_reset', {
    then: 'end',
  }),
]);

checkHostileRows('responses that break off', [
  notUnderstood('inside the status line', 'HTTP/1.1 2', 'upstream_reset', { then: 'end' }),
  notUnderstood('inside the fields', 'HTTP/1.1 200 OK\r\nContent-Le', 'upstream_reset', {
    then: 'end',
  }),
  notUnderstood(
    'inside the fields, by a reset',
    'HTTP/1.1 200 OK\r\nContent-Le',
    'upstream_reset',
    { then: 'reset' },
  ),
  notUnderstood('that never begin', '', 'upstream_timeout'),
  notUnderstood('inside the fields, by silence', 'HTTP/1.1 200 OK\r\nX: y\r\n', 'upstream_timeout'),
  brokenOff(
    'inside a length',
    says('Content-Length: 9\r\n', 'half'),
    head('200 OK', '', 'Content-Length: 9\r\n') + 'half',
    'end',
  ),
  brokenOff(
    'inside a length, by a reset',
    says('Content-Length: 9\r\n', 'half'),
    head('200 OK', '', 'Content-Length: 9\r\n') + 'half',
    'reset',
  ),
  brokenOff(
    'inside a length, by silence',
    says('Content-Length: 9\r\n', 'half'),
    head('200 OK', '', 'Content-Length: 9\r\n') + 'half',
  ),
  brokenOff(
    'between chunks',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'),
    brokenChunks('half'),
    'end',
  ),
  brokenOff(
    'between chunks, by a reset',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'),
    brokenChunks('half'),
    'reset',
  ),
  brokenOff(
    'between chunks, by silence',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'),
    brokenChunks('half'),
  ),
  brokenOff(
    'inside the last chunk',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n0\r\n'),
    brokenChunks('half'),
    'end',
  ),
  brokenOff(
    'inside trailers',
    says('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n0\r\nX: y\r\n'),
    brokenChunks('half'),
    'end',
  ),
  brokenOff(
    'by a reset where the end of the connection would be the end',
    says('', 'half'),
    brokenChunks('half'),
    'reset',
  ),
  brokenOff(
    'by silence where the end of the connection would be the end',
    says('', 'half'),
    brokenChunks('half'),
  ),
  ...[
    'zz',
    '0x4',
    ' 4',
    '4 ',
    '+4',
    '-4',
    '',
    '20000000000000',
    'ffffffffffffffff',
    '00000000000000004',
    '4;',
    '4; a=b',
    `4;${'e'.repeat(1_100)}`,
  ].map((size) =>
    brokenOff(
      `at the chunk size ${JSON.stringify(size).slice(0, 30)}`,
      says('Transfer-Encoding: chunked\r\n', `4\r\nhalf\r\n${size}\r\nPOISON\r\n0\r\n\r\n`),
      brokenChunks('half'),
    ),
  ),
  ...[
    '4\r\nhalf\n0\r\n\r\n',
    '4\r\nhalf\r\n0\n\r\n',
    '4\r\nhalf\r\n0\r\n\n',
    '4\r\nhalfX\r\n0\r\n\r\n',
    '4\r\nhalf\r\n0\r\nX Y: z\r\n\r\n',
    '4\r\nhalf\r\n0\r\nX: y\n\r\n',
    '4\r\nhalf\r\n0\r\nContent-Length: 5\r\n\r\n',
    '4\r\nhalf\r\n0\r\nSet-Cookie: a\r\n\r\n',
    '4\r\nhalf\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
  ].map((content) =>
    brokenOff(
      `at the end of chunks in ${JSON.stringify(content)}`,
      says('Transfer-Encoding: chunked\r\n', content),
      brokenChunks('half'),
    ),
  ),
]);

checkHostileRows('surplus bytes of an upstream', [
  passedOn(
    'more content than its length',
    says('Content-Length: 5\r\n', 'helloPOISON'),
    whole('hello'),
    { keeps: false },
  ),
  passedOn('a second response behind the first', sized('hello') + poison, whole('hello'), {
    keeps: false,
  }),
  passedOn(
    'a second response behind chunks',
    says('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n') + poison,
    inChunks('hello'),
    { keeps: false },
  ),
  passedOn(
    'a second response behind trailers',
    says('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nX: y\r\n\r\n') + poison,
    inChunks('hello'),
    { keeps: false },
  ),
  passedOn(
    'more behind Connection: close',
    says('Connection: close\r\nContent-Length: 5\r\n', 'hello') + poison,
    whole('hello'),
    { keeps: false },
  ),
  passedOn(
    'content behind 204',
    says('', 'POISON', 'HTTP/1.1 204 No Content'),
    head('204 No Content'),
    { keeps: false },
  ),
  passedOn(
    'a response behind 204',
    says('', poison, 'HTTP/1.1 204 No Content'),
    head('204 No Content'),
    { keeps: false },
  ),
  passedOn(
    'content behind 304',
    says('Content-Length: 6\r\nETag: "a"\r\n', 'POISON', 'HTTP/1.1 304 Not Modified'),
    head('304 Not Modified', 'ETag: "a"\r\n', 'Content-Length: 6\r\n'),
    { keeps: false },
  ),
  passedOn(
    'chunks behind 304',
    says('Transfer-Encoding: chunked\r\n', '6\r\nPOISON\r\n0\r\n\r\n', 'HTTP/1.1 304 Not Modified'),
    head('304 Not Modified'),
    { keeps: false },
  ),
  passedOn(
    'content behind the answer to HEAD',
    sized('POISON'),
    head('200 OK', '', 'Content-Length: 6\r\n'),
    { method: 'HEAD', keeps: false },
  ),
  passedOn(
    'chunks behind the answer to HEAD',
    says('Transfer-Encoding: chunked\r\n', '6\r\nPOISON\r\n0\r\n\r\n'),
    head('200 OK'),
    { method: 'HEAD', keeps: false },
  ),
  passedOn('an empty line behind the response', `${sized('hello')}\r\n`, whole('hello'), {
    keeps: false,
  }),
]);

checkHostileRows('responses that are forwarded', [
  passedOn('by length', sized('hello'), whole('hello')),
  passedOn('by length, normalised', says('CONTENT-LENGTH:  5 \r\n', 'hello'), whole('hello')),
  passedOn('empty', sized(''), whole('')),
  passedOn(
    'in chunks, normalised',
    says(
      'transfer-encoding: CHUNKED\r\n',
      '002;x="y"\r\nhe\r\n3\r\nllo\r\n000\r\nX-Sum: 1\r\n\r\n',
    ),
    inChunks('hello'),
  ),
  passedOn('until the end of the connection', says('', 'hello'), inChunks('hello'), {
    then: 'end',
    keeps: false,
  }),
  passedOn(
    'of HTTP/1.0',
    says('Content-Length: 5\r\n', 'hello', 'HTTP/1.0 200 OK'),
    whole('hello'),
    { keeps: false },
  ),
  passedOn(
    'of HTTP/1.0 that stays',
    says('Connection: keep-alive\r\nContent-Length: 5\r\n', 'hello', 'HTTP/1.0 200 OK'),
    whole('hello'),
  ),
  passedOn('204', says('', '', 'HTTP/1.1 204 No Content'), head('204 No Content')),
  passedOn(
    '304 with what a GET would have got',
    says('Content-Length: 5\r\n', '', 'HTTP/1.1 304 Not Modified'),
    head('304 Not Modified', '', 'Content-Length: 5\r\n'),
  ),
  passedOn('to HEAD', says('Content-Length: 5\r\n'), head('200 OK', '', 'Content-Length: 5\r\n'), {
    method: 'HEAD',
  }),
  passedOn(
    'with unchanged cookies',
    says('Set-Cookie: a=b; Path=/\r\nContent-Length: 5\r\nset-cookie: c="d,e"\r\n', 'hello'),
    whole('hello', 'Set-Cookie: a=b; Path=/\r\nset-cookie: c="d,e"\r\n'),
  ),
  passedOn(
    'without hop-by-hop fields',
    says(
      'Keep-Alive: timeout=9\r\nProxy-Connection: x\r\nProxy-Authenticate: x\r\nUpgrade: h2\r\nTE: x\r\nTrailer: X-Sum\r\nA: b\r\nContent-Length: 5\r\n',
      'hello',
    ),
    whole('hello', 'A: b\r\n'),
  ),
  passedOn(
    'without the fields that Connection names',
    says('Connection: X-A, x-b\r\nX-A: 1\r\nX-B: 2\r\nC: 3\r\nContent-Length: 5\r\n', 'hello'),
    whole('hello', 'C: 3\r\n'),
  ),
  passedOn(
    'when Connection names fields of the gateway',
    says('Connection: Via, X-Request-Id, Date, Content-Length\r\nContent-Length: 5\r\n', 'hello'),
    whole('hello'),
  ),
  passedOn(
    'with the request ID of the gateway, and Via of both',
    says('Via: 1.1 other\r\nContent-Length: 5\r\n', 'hello'),
    whole('hello', 'Via: 1.1 other\r\n'),
  ),
  passedOn(
    'with the standard reason phrase',
    says('Content-Length: 5\r\n', 'hello', 'HTTP/1.1 200 Set-Cookie: a=b \xe9'),
    whole('hello'),
  ),
  passedOn(
    'without a phrase',
    says('Content-Length: 5\r\n', 'hello', 'HTTP/1.1 200'),
    whole('hello'),
  ),
  passedOn(
    'with an unknown status',
    says('Content-Length: 5\r\n', 'hello', 'HTTP/1.1 299 Curious'),
    whole('hello').replace('200 OK', '299 '),
  ),
  passedOn(
    'with the highest status',
    says('Content-Length: 5\r\n', 'hello', 'HTTP/1.1 599 X'),
    whole('hello').replace('200 OK', '599 '),
  ),
  passedOn(
    'with names that a request may not have',
    says('x_y: a\r\nX_Forwarded_For: b\r\nX.Y: c\r\nContent-Length: 5\r\n', 'hello'),
    whole('hello', 'x_y: a\r\nX_Forwarded_For: b\r\nX.Y: c\r\n'),
  ),
  passedOn(
    'with 100 fields',
    says(`${'A: b\r\n'.repeat(99)}Content-Length: 5\r\n`, 'hello'),
    whole('hello', 'A: b\r\n'.repeat(99)),
  ),
  passedOn(
    'with 32 KB of fields',
    says(`${fieldsOf(32_000)}Content-Length: 5\r\n`, 'hello'),
    whole('hello', fieldsOf(32_000)),
  ),
]);
