import { checkRows } from './testing/check-rows.ts';
import { refused, served, servedAndClosed, type EdgeRow } from './testing/edge-row.ts';
import { get, H, hostLast, post, request, withLength } from './testing/messages.ts';

/** A GET with these field lines, of which the upstream must see only those. */
const seenAs = (name: string, sent: readonly string[], seen: readonly string[] = []): EdgeRow => {
  const lines = (fields: readonly string[]): string =>
    fields.map((field) => `${field}\r\n`).join('');
  return served(name, get('/p', H + lines(sent)), request('GET /p', { fields: lines(seen) }));
};
const alias = (name: string): EdgeRow =>
  refused(name, get('/p', `${H}${name}: root\r\n`), 'protected_header');

checkRows('identity and origin, which only the gateway sets', [
  ...[
    'X-Consumer-Id',
    'X-Consumer-Username',
    'X-Consumer-Custom-Id',
    'X-Consumer-Groups',
    'x-consumer-whatever',
    'X-Credential-Id',
    'X-Credential-Whatever',
    'X-CREDENTIAL-ID',
  ].map((name) => seenAs(`${name} is removed`, [`${name}: root`, `${name}: staff`])),
  ...[
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-User',
    'x-forwarded-',
    'X-Real-IP',
    'Forwarded',
  ].map((name) =>
    seenAs(`${name} is removed`, [`${name}: 1.2.3.4`, 'A: b', `${name}: 5.6.7.8`], ['A: b']),
  ),
  seenAs(
    'all of them, among others',
    ['A: 1', 'X-Consumer-Id: root', 'B: 2', 'X-Forwarded-For: x', 'C: 3'],
    ['A: 1', 'B: 2', 'C: 3'],
  ),
  ...[
    'X_Consumer_Id',
    'x.consumer.id',
    'X-Consumer_Id',
    'x_consumer.whatever',
    'X_Credential_Id',
    'X.Credential.Id',
    'X_Credential_Whatever',
    'x.credential-whatever',
    'X_Forwarded_For',
    'x.forwarded.for',
    'X-Forwarded_Whatever',
    'X_Real_IP',
    'x-real.ip',
    'X_Request_Id',
    'x_api_key',
    'X.API.Key',
    'Proxy_Authorization',
    'Transfer_Encoding',
    'transfer.encoding',
    'Content_Length',
    'Content.Length',
  ].map(alias),
]);

checkRows('names with an underscore', [
  seenAs(
    'are dropped',
    ['my_name: a', 'B: c', '_: d', 'e_: f', 'Host_: b.test', '_Host: b.test'],
    ['B: c'],
  ),
  seenAs('with dots only are forwarded', ['my.name: a'], ['my.name: a']),
]);

checkRows('hop-by-hop fields', [
  seenAs(
    'are removed',
    [
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eDp5',
      'Proxy-Authenticate: x',
      'TE: trailers, chunked;q=0',
      'Trailer: X-Sum',
      'A: b',
    ],
    ['A: b'],
  ),
  seenAs(
    'including those that Connection names',
    [
      'X-A: 1',
      'X-B: 2',
      'x-c: 3',
      'D: 4',
      'Connection: x-a, X-B ,,  x-C',
      'Connection: keep-alive',
    ],
    ['D: 4'],
  ),
  seenAs('when Connection names fields of the gateway', [
    'Connection: X-Consumer-Id, X-Forwarded-For, X-Forwarded-Host, X-Request-Id, Via, Content-Length, Transfer-Encoding',
  ]),
  served(
    'when Connection names Host and the framing fields',
    post('Connection: Host, Content-Length\r\nContent-Length: 5\r\n', 'hello'),
    hostLast(withLength('hello')),
  ),
  seenAs(
    'when Connection is malformed',
    ['Connection: "close", (x), \xe9, =, close;q=0', 'A: b'],
    ['A: b'],
  ),
  servedAndClosed(
    'when Connection names itself',
    get('/p', `${H}Connection: Connection, close, A\r\nA: b\r\n`),
    request('GET /p'),
  ),
  seenAs('an earlier Via stays', ['Via: 1.0 first'], ['Via: 1.0 first']),
]);

checkRows('upgrades other than WebSocket', [
  seenAs('h2c with its settings', [
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
  ]),
  seenAs('h2c that is not nominated', ['Upgrade: h2c', 'A: b'], ['A: b']),
  seenAs('h2c among others', ['Connection: Upgrade', 'Upgrade: websocket, h2c']),
  seenAs('WebSocket that is not nominated', ['Upgrade: websocket']),
  seenAs('WebSocket twice', ['Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: websocket']),
  seenAs('TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.2']),
  servedAndClosed(
    'WebSocket in HTTP/1.0',
    get('/p', `${H}Connection: Upgrade\r\nUpgrade: websocket\r\n`, '1.0'),
    request('GET /p'),
  ),
  served(
    'WebSocket with content',
    post('Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n', 'hello'),
    withLength('hello'),
  ),
]);

checkRows('expectations', [
  ...['200-ok', '100-continue, 200-ok', '100-continue;x', '100 continue', '""', ''].map((value) =>
    refused(
      `Expect: ${value}`,
      post(`Expect: ${value}\r\nContent-Length: 5\r\n`, 'hello'),
      'expectation_failed',
    ),
  ),
  refused(
    'two of them',
    post('Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n', 'hello'),
    'expectation_failed',
  ),
  seenAs('without content are not forwarded', ['Expect: 100-continue']),
  servedAndClosed(
    'of HTTP/1.0 are not forwarded',
    `POST /p HTTP/1.0\r\n${H}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`,
    withLength('hello'),
  ),
]);

checkRows('credentials', [
  refused(
    'two Authorization fields',
    get('/p', `${H}Authorization: a\r\nAuthorization: b\r\n`),
    'malformed_request',
  ),
  refused(
    'two that agree',
    get('/p', `${H}Authorization: a\r\nauthorization: a\r\n`),
    'malformed_request',
  ),
  seenAs('one is forwarded', ['Authorization: Bearer x'], ['Authorization: Bearer x']),
]);
