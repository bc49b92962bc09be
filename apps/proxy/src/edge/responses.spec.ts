import { checkHostileRows } from './testing/check-hostile-rows.ts';
import { head, inChunks, notUnderstood, passedOn, whole } from './testing/hostile-row.ts';
import { fieldsOfBytes, says, sized } from './testing/origin-messages.ts';

const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';

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
    says(`${fieldsOfBytes(32_000)}Content-Length: 5\r\n`, 'hello'),
    whole('hello', fieldsOfBytes(32_000)),
  ),
]);
