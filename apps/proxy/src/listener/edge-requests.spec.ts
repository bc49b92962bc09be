import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from './testing/raw-client.ts';
import { echo, RunningListener } from './testing/running-listener.ts';

let running: RunningListener;
beforeAll(async () => {
  running = await RunningListener.start(echo);
});
afterAll(() => running.stop());

const H = 'Host: a.test\r\n';
const get = (target: string, fields = H): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;
const next = 'GET /next HTTP/1.1\r\nHost: b.test\r\n\r\n';
const post = (fields: string, body: string): string =>
  `POST /p HTTP/1.1\r\n${H}${fields}\r\n${body}`;

/** name, what is sent, status, whether the connection stays open */
type Row = [name: string, bytes: string, status: number, stays: boolean];

const refusals: Row[] = [
  ['header block above 16 KiB', get('/', `${H}X: ${'a'.repeat(16_400)}\r\n`), 431, false],
  ['101 header lines', get('/', H + 'A: b\r\n'.repeat(100)), 431, false],
  ['request line above 8 KiB', get(`/${'a'.repeat(8_200)}`), 414, false],
  [
    'Content-Length with Transfer-Encoding',
    post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    400,
    false,
  ],
  ['two Content-Lengths', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 400, false],
  ['Content-Length with a sign', post('Content-Length: +3\r\n', 'abc'), 400, false],
  ['Content-Length list', post('Content-Length: 3, 3\r\n', 'abc'), 400, false],
  [
    'another coding before chunked',
    post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    501,
    false,
  ],
  [
    'another coding behind chunked',
    post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'),
    400,
    false,
  ],
  [
    'Transfer-Encoding with an empty member',
    post('Transfer-Encoding: ,chunked\r\n', '0\r\n\r\n'),
    400,
    false,
  ],
  ['Content-Length with a leading zero', post('Content-Length: 03\r\n', 'abc'), 400, false],
  [
    'Transfer-Encoding in HTTP/1.0',
    `POST / HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    false,
  ],
  ['bare LF', `GET / HTTP/1.1\nHost: a.test\n\n`, 400, false],
  ['bare CR', get('/', `${H}X: a\rb\r\n`), 400, false],
  ['NUL', get('/', `${H}X: a\0b\r\n`), 400, false],
  ['obs-fold', get('/', `${H}X: a\r\n b\r\n`), 400, false],
  ['space before the colon', get('/', `${H}X : a\r\n`), 400, false],
  ['control character', get('/', `${H}X: a\x01b\r\n`), 400, false],
  [
    'chunk size that is not plain hex',
    post('Transfer-Encoding: chunked\r\n', '0x3\r\nabc\r\n0\r\n\r\n'),
    400,
    false,
  ],
  [
    'chunk extensions above 1 KiB',
    post('Transfer-Encoding: chunked\r\n', `3;a=${'b'.repeat(1_100)}\r\nabc\r\n0\r\n\r\n`),
    400,
    false,
  ],
  [
    'bad chunk terminator',
    post('Transfer-Encoding: chunked\r\n', '3\r\nabcX\r\n0\r\n\r\n'),
    400,
    false,
  ],
  ['no Host', get('/', ''), 400, false],
  ['two Hosts', get('/', H + H), 400, false],
  ['empty Host', get('/', 'Host: \r\n'), 400, false],
  ['Host with userinfo', get('/', 'Host: u@a.test\r\n'), 400, false],
  ['Host with a path', get('/', 'Host: a.test/x\r\n'), 400, false],
  ['Host with a comma', get('/', 'Host: a.test,b.test\r\n'), 400, false],
  ['Host with a bad port', get('/', 'Host: a.test:99999\r\n'), 400, false],
  ['absolute-form that disagrees with Host', get('http://other.test/'), 400, false],
  ['HTTP/0.9', 'GET /\r\n', 400, false],
  ['HTTP/2.0 in text', `GET / HTTP/2.0\r\n${H}\r\n`, 505, false],
  [
    'Expect other than 100-continue',
    post('Content-Length: 1\r\nExpect: 200-ok\r\n', 'a'),
    417,
    false,
  ],
  [
    'two Authorization headers',
    get('/', `${H}Authorization: a\r\nAuthorization: b\r\n`),
    400,
    false,
  ],
  [
    'underscore alias of a protected name',
    get('/', `${H}X_Forwarded_For: 1.2.3.4\r\n`),
    400,
    false,
  ],
  ['TRACE', `TRACE / HTTP/1.1\r\n${H}\r\n`, 405, true],
  ['CONNECT', `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n`, 405, true],
  ['unknown method', `BREW / HTTP/1.1\r\n${H}\r\n`, 501, true],
  ['# in the target', get('/a#b'), 400, false],
  ['raw non-ASCII in the target', get('/\xe9'), 400, false],
  ['%00', get('/a%00b'), 400, true],
  ['bad percent escape', get('/a%zzb'), 400, true],
  ['a way up beside %2F in the path', get('/a%2F..'), 400, true],
  ['a way up beside %5C in the path', get('/..%5cb'), 400, true],
];

describe('what the edge refuses', () => {
  it.each(refusals)('%s', async (_, bytes, status, stays) => {
    const client = await RawClient.connect(running.port);
    client.send(bytes);
    const response = await client.readResponse();
    expect(response.status).toBe(status);
    expect(response.headers.get('connection')).toBe(stays ? undefined : 'close');
    if (stays) {
      client.send(next);
      expect((await client.readResponse()).body).toBe('GET b.test/next ');
    } else {
      client.send(next);
      expect(await client.readToEnd()).toBe('');
    }
    client.close();
  });

  it('responds to a refused request after the responses to earlier requests', async () => {
    const client = await RawClient.connect(running.port);
    client.send(get('/1') + get('/2') + get('/3', ''));
    expect((await client.readResponse()).body).toBe('GET a.test/1 ');
    expect((await client.readResponse()).body).toBe('GET a.test/2 ');
    expect((await client.readResponse()).status).toBe(400);
    expect(await client.readToEnd()).toBe('');
  });

  it('reports each refusal and its reason', async () => {
    running.refusals.length = 0;
    const client = await RawClient.connect(running.port);
    client.send(get('/a%zz'));
    await client.readResponse();
    client.close();
    expect(running.refusals).toEqual([
      {
        protocol: '1.1',
        encrypted: false,
        localPort: running.port,
        grpcStatus: -1,
        headers: expect.anything(),
        code: 'invalid_target',
        status: 400,
        reason: expect.stringContaining('%'),
        peerAddress: '127.0.0.1',
        method: 'GET',
        host: 'a.test',
        path: '',
      },
    ]);
  });
});

const accepted: [name: string, bytes: string, echoed: string][] = [
  ['a plain request', get('/x?y=1'), 'GET a.test/x?y=1 '],
  ['dot segments and double slashes, resolved', get('/a/./b//../%2e%2e/c'), 'GET a.test/c '],
  ['absolute-form that agrees with Host', get('http://a.test/x'), 'GET a.test/x '],
  ['Host with a port, passed on', get('/', 'Host: A.TEST:8080\r\n'), 'GET a.test:8080/ '],
  [
    'Upgrade: h2c, ignored',
    get(
      '/',
      `${H}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`,
    ),
    'GET a.test/ ',
  ],
  ['a name with an underscore, dropped', get('/', `${H}my_name: x\r\n`), 'GET a.test/ '],
  ['content by length', post('Content-Length: 3\r\n', 'abc'), 'POST a.test/p abc'],
  [
    'content in chunks, with a trailer',
    post('Transfer-Encoding: chunked\r\n', '2\r\nab\r\n1;x=y\r\nc\r\n0\r\nX: y\r\n\r\n'),
    'POST a.test/p abc',
  ],
  ['empty content', post('Content-Length: 0\r\n', ''), 'POST a.test/p '],
  ['header block of exactly 100 lines', get('/', H + 'A: b\r\n'.repeat(99)), 'GET a.test/ '],
];

describe('what the edge accepts', () => {
  it.each(accepted)('%s', async (_, bytes, echoed) => {
    const client = await RawClient.connect(running.port);
    client.send(bytes);
    const response = await client.readResponse();
    expect([response.status, response.body]).toEqual([200, echoed]);
    client.send(next);
    expect((await client.readResponse()).body).toBe('GET b.test/next ');
    client.close();
  });

  it('the same byte by byte', async () => {
    const client = await RawClient.connect(running.port);
    for (const byte of post('Transfer-Encoding: chunked\r\n', '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n') +
      next) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    expect((await client.readResponse()).body).toBe('POST a.test/p abc');
    expect((await client.readResponse()).body).toBe('GET b.test/next ');
    client.close();
  });

  it('OPTIONS *, answered by the listener', async () => {
    const client = await RawClient.connect(running.port);
    client.send(`OPTIONS * HTTP/1.1\r\n${H}\r\n${next}`);
    const response = await client.readResponse();
    expect([response.status, response.headers.get('allow')]).toEqual([
      204,
      expect.stringContaining('GET'),
    ]);
    expect((await client.readResponse()).body).toBe('GET b.test/next ');
    client.close();
  });
});
