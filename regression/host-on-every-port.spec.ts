import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MetricsRegistry } from '@sluice/telemetry';
import { startTestControlPlane } from '../apps/control-plane/src/testing/test-control-plane.ts';
import type { TestControlPlane } from '../apps/control-plane/src/testing/test-control-plane.ts';
import { startStatusServer } from '../apps/proxy/src/ops/status-server.ts';
import type { StatusServer } from '../apps/proxy/src/ops/status-server.ts';

const ports = { 'Admin API': 0, 'status port': 0 };

/** Sends bytes, and returns everything received until the peer closes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')));
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
    socket.on('close', () => resolve(text)).on('error', reject);
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no end after: ${text}`)));
  });
}

describe.each(Object.keys(ports) as (keyof typeof ports)[])('the %s', (name) => {
  let api: TestControlPlane | undefined;
  let status: StatusServer | undefined;

  beforeAll(async () => {
    if (name === 'Admin API') {
      api = await startTestControlPlane();
      ports[name] = Number(new URL(api.url).port);
    } else {
      const registry = new MetricsRegistry();
      status = await startStatusServer({
        host: '127.0.0.1',
        port: 0,
        noteFault: () => {},
        node: {
          readiness: () => ({ ready: false, reason: '' }),
          metrics: () => registry.snapshot(),
          config: () => Promise.reject(new Error('none')),
          keys: () => ({ keys: [] }),
        },
      });
      ports[name] = status.port;
    }
  });
  afterAll(async () => {
    await api?.close();
    await status?.close();
  });

  it('answers a well-formed request', async () => {
    const plain = await exchange(
      ports[name],
      'GET /livez HTTP/1.1\r\nHost: a.example:80\r\nConnection: close\r\n\r\n',
    );
    expect(plain).toMatch(/^HTTP\/1\.1 200 /);
    expect(
      await exchange(
        ports[name],
        'GET http://a/livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      ),
    ).toMatch(name === 'Admin API' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 (?:200|404) /);
  });

  it('answers a request before it refuses the malformed one after it', async () => {
    expect(
      await exchange(ports[name], 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\nno request\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 400 /);
  });

  it.each<[string, number, string]>([
    ['no Host', 400, 'GET /livez HTTP/1.1\r\n\r\n'],
    ['two Hosts', 400, 'GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['a Host with a path and userinfo', 400, 'GET /livez HTTP/1.1\r\nHost: a b/c@d\r\n\r\n'],
    ['a list of Hosts', 400, 'GET /livez HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    [
      'a Host that disagrees with the target',
      400,
      'GET http://b/livez HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
    [
      'two Authorization fields',
      400,
      'GET /livez HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n',
    ],
    [
      'two Content-Lengths',
      400,
      'POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    ],
    [
      'Content-Length and Transfer-Encoding',
      400,
      'POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'another transfer coding',
      501,
      'POST /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a folded line', 400, 'GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['NUL in a value', 400, 'GET /livez HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['a space before the colon', 400, 'GET /livez HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['NUL in the target', 400, 'GET /livez%00 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a bad escape', 400, 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a fragment', 400, 'GET /livez#a HTTP/1.1\r\nHost: a\r\n\r\n'],
    [
      'an unknown expectation',
      417,
      'GET /livez HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\n\r\n',
    ],
    ['101 header lines', 431, `GET /livez HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(101)}\r\n`],
    [
      'a header block of 17 KiB',
      431,
      `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`,
    ],
    ['a target of 9 KiB', 414, `GET /livez?${'y'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['CONNECT', 405, 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'],
    [
      'a bad chunk',
      400,
      'POST /v1/services HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['bytes that are not HTTP', 400, 'hello\r\n\r\n'],
  ])(
    'refuses %s with %i, a problem document, and the end of the connection',
    async (_, expected, bytes) => {
      const answer = await exchange(ports[name], bytes);
      const [head = '', content = ''] = answer.split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${expected} `));
      expect(head).toMatch(/content-type: application\/problem\+json/i);
      expect(head).toMatch(/connection: close/i);
      expect(
        JSON.parse(content.slice(content.indexOf('{'), content.lastIndexOf('}') + 1)),
      ).toMatchObject({ status: expected, code: expect.stringMatching(/^[a-z0-9_]+$/) });
    },
  );
});
