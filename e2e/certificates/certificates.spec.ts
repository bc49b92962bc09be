import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestAuthority,
  type TestAuthority,
  type TestCertificate,
} from '../../packages/testkit/src/certificates.ts';
import { freePort } from '../../scripts/process/ports.ts';
import { registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('certificates of the Admin API, with two workers', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let authority: TestAuthority;
  let tlsPort: number;
  const sockets: TLSSocket[] = [];

  beforeAll(async () => {
    authority = await createTestAuthority();
    tlsPort = await freePort();
    const origin = started.use(await Origin.start('orders'));
    stack = started.use(
      await Stack.start({
        proxyEnv: { SLUICE_TLS_PORT: String(tlsPort) },
        proxyArguments: ['--workers', '2'],
      }),
    );
    await registerService(stack.admin, 'orders', [origin.address]);
  }, 90_000);
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await started.disposeAsync();
  });

  /** Sends a request and waits until every node has applied it. */
  const write = async (method: string, path: string, content?: object): Promise<void> => {
    const { status, body } = await stack.admin.request(method, `${path}?wait=applied`, {
      ...(content && { content }),
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  };
  const open = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({
      host: '127.0.0.1',
      port: tlsPort,
      servername: 'a.test',
      ca: authority.ca,
      ...options,
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  };
  /** The first line of the response, or the code of the error. */
  const ask = async (socket: TLSSocket): Promise<string> => {
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString().split('\r\n')[0] ?? ''));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(`refused ${code}`));
      socket.once('close', () => resolve('refused'));
    });
    socket.write('GET /orders/1 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    return answer;
  };
  const call = async (options: ConnectionOptions = {}): Promise<string> => {
    try {
      return await ask(await open(options));
    } catch (error) {
      return `refused ${(error as NodeJS.ErrnoException).code}`;
    }
  };
  const served = 'HTTP/1.1 200 OK';
  const readyz = async (): Promise<Record<string, unknown>> =>
    (await (await fetch(`${stack.proxy.statusUrl}/readyz`)).json()) as Record<string, unknown>;
  const until = async (condition: () => Promise<boolean>): Promise<void> => {
    for (let turn = 0; !(await condition()); turn++) {
      if (turn > 100) throw new Error('still not so');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const body = (name: string, { cert, key }: TestCertificate, more: object = {}) => ({
    name,
    certificate: cert,
    key,
    ...more,
  });

  it('are missing at first: the port refuses handshakes and /readyz says so', async () => {
    expect(await call()).toMatch(/^refused (?:ERR_SSL|EPROTO)/);
    expect(await readyz()).toMatchObject({
      status: 'ready',
      tlsError: expect.stringContaining(`on port ${tlsPort} are refused`),
    });
  });

  it('are presented within a second, by server name, over HTTP/1.1 and HTTP/2', async () => {
    const [a, b] = await Promise.all([
      authority.issue({ names: ['a.test'] }),
      authority.issue({ names: ['*.b.test'] }),
    ]);
    const startedMs = performance.now();
    await write('POST', '/v1/certificates', body('a', a));
    expect(await call()).toBe(served);
    // Within a second on an idle machine; generous for a busy one.
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await write('POST', '/v1/certificates', body('b', b));
    expect(await call({ servername: 'www.b.test' })).toBe(served);
    const session = connectHttp2(`https://a.test:${tlsPort}`, {
      createConnection: () =>
        connect({
          host: '127.0.0.1',
          port: tlsPort,
          servername: 'a.test',
          ca: authority.ca,
          ALPNProtocols: ['h2'],
        }),
    });
    const stream = session.request({ ':path': '/orders/1' });
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
    expect(headers[':status']).toBe(200);
    session.destroy();
    await until(async () => (await readyz())['tlsError'] === undefined);
  });

  it('are replaced for new connections only, and the key shows up nowhere', async () => {
    const before = await open();
    const { fingerprint256 } = before.getPeerCertificate();
    const renewed = await authority.issue({ names: ['a.test'] });
    await write('PUT', '/v1/certificates/a', body('a', renewed));
    expect((await open()).getPeerCertificate().fingerprint256).not.toBe(fingerprint256);
    expect(await ask(before)).toBe(served);
    const secret = renewed.key.split('\n')[1] as string;
    const pages = await Promise.all(
      ['/config', '/metrics'].map(async (path) =>
        (await fetch(`${stack.proxy.statusUrl}${path}`)).text(),
      ),
    );
    const { body: shown } = await stack.admin.request('GET', '/v1/certificates/a');
    const everything = [
      ...pages,
      JSON.stringify(shown),
      ...stack.proxies.map(({ process }) => process.lines.join('\n')),
      ...stack.controlPlanes.map(({ process }) => process.lines.join('\n')),
    ];
    expect(everything.filter((text) => text.includes(secret))).toEqual([]);
    expect(pages[1]).toMatch(/sluice_certificate_expiry_timestamp_seconds\{certificate="a"\} \d/);
    expect(pages[1]).toMatch(/sluice_tls_handshakes_total\{outcome="completed"\} [1-9]/);
  });

  it('are asked of clients once the gateway says so', async () => {
    const clients = await createTestAuthority('clients');
    const [good, bad] = await Promise.all([
      clients.issue({ names: ['client.test'] }),
      authority.issue({ names: ['client.test'] }),
    ]);
    await write('POST', '/v1/cas', { name: 'clients', certificates: clients.ca });
    await write('PATCH', '/v1/gateways/default', {
      clientCertificates: { mode: 'require', cas: ['clients'] },
    });
    expect([await call(), await call(good), await call(bad)]).toEqual([
      expect.stringMatching(/^refused/),
      served,
      expect.stringMatching(/^refused/),
    ]);
    await write('PUT', '/v1/cas/clients', { name: 'clients', certificates: authority.ca });
    expect([await call(good), await call(bad)]).toEqual([
      expect.stringMatching(/^refused/),
      served,
    ]);
    await write('PATCH', '/v1/gateways/default', { clientCertificates: null });
    expect(await call()).toBe(served);
  });

  it('are gone once they are deleted', async () => {
    await write('DELETE', '/v1/certificates/b');
    expect(await call({ servername: 'www.b.test' })).toMatch(/^refused ERR_TLS_CERT_ALTNAME/);
    await write('DELETE', '/v1/certificates/a');
    expect(await call()).toMatch(/^refused (?:ERR_SSL|EPROTO)/);
  });
});

describe('the certificate of the config stream from the Admin API', () => {
  it('is presented soon after it is stored, and after it is replaced', async () => {
    await using stack = await Stack.start({
      proxies: 0,
      controlPlaneEnv: { SLUICE_STREAM_CERTIFICATE: 'stream' },
    });
    const authority = await createTestAuthority();
    const port = Number(stack.controlPlane.streamAddress.split(':')[1]);
    const presented = async (): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return String(CN);
    };
    expect(await presented()).toBe('Sluice config stream');
    for (const name of ['first.test', 'second.test']) {
      const { cert, key } = await authority.issue({ names: [name] });
      const { status } = await stack.admin.request('PUT', '/v1/certificates/stream', {
        content: { certificate: cert, key, gateways: [] },
      });
      expect([200, 201]).toContain(status);
      for (let turn = 0; (await presented()) !== name; turn++) {
        if (turn > 100) throw new Error(`the stream does not present ${name}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }, 90_000);
});
