import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { ListenerOptions } from '../listener/listener-options.ts';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { localCertificate } from '../upstream/testing/certificates.ts';
import { TestTls } from '../listener/testing/test-tls.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { get, H, request } from './testing/messages.ts';

describe.each(['plain', 'TLS'])('connections, %s', (security) => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await proxy.stop();
    origin.stop();
  });

  /** The origin answers each GET with its target, `/held` only when the spec says so. */
  const start = async (
    listener: Partial<ListenerOptions> = {},
    trustedProxies: readonly string[] = [],
  ): Promise<void> => {
    origin = await RawOrigin.start(({ socket }) => {
      socket.on('data', (chunk: Buffer) => {
        const [, path = ''] = chunk.toString('latin1').split(' ', 2);
        if (path !== '/held')
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      });
    });
    proxy = await ProxyFixture.start({
      listener:
        security === 'TLS' ? { ...listener, tls: new TestTls([localCertificate]) } : listener,
      resources: [
        resource('gateway', { name: 'default', trustedProxies: [...trustedProxies] }),
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'all',
          paths: ['/*'],
          service: 'service-origin',
          rewrite: { host: 'preserve' },
        }),
      ],
    });
  };
  const clients: RawClient[] = [];
  const connect = async (): Promise<RawClient> => {
    const client = await (security === 'TLS'
      ? RawClient.connectTls(proxy.port)
      : RawClient.connect(proxy.port));
    clients.push(client);
    return client;
  };
  const received = (): string =>
    origin.connections.map((connection) => connection.received).join('');
  const own = async (client: RawClient, path: string): Promise<string> => {
    const { body, headers } = await client.send(get(path)).readResponse();
    expect(body).toBe(path);
    return headers.get('connection') ?? '';
  };

  describe('caps', () => {
    it.each([
      ['per address', { maxConnectionsPerAddress: 2 }],
      ['in total', { maxConnections: 2 }],
    ])(
      '%s: 503 with Retry-After, a closed connection over TLS, no upstream call, and open connections are still served',
      async (_, listener) => {
        await start(listener);
        const [first, second] = [await connect(), await connect()];
        await own(first, '/1');
        await own(second, '/2');
        const before = received();
        if (security === 'TLS') {
          // A refusal costs no handshake.
          await expect(connect()).rejects.toThrow();
        } else {
          const third = await connect();
          const refused = await third.send(get('/3')).readResponse();
          expect([
            refused.status,
            refused.headers.get('retry-after'),
            refused.headers.get('connection'),
          ]).toEqual([503, '1', 'close']);
          expect(JSON.parse(refused.body)).toMatchObject({ code: 'too_many_connections' });
          expect(await third.readToEnd()).toBe('');
        }
        expect(received()).toBe(before);
        await own(first, '/4');
        second.close();
        await eventually(() => proxy.listener.connectionCount === 1);
        await own(await connect(), '/5');
      },
    );
  });

  describe('that are idle', () => {
    it('are closed, whether new or used, and nothing is sent on them', async () => {
      await start({ headerTimeoutMs: 400, keepAliveIdleMs: 400 });
      const [fresh, used] = [await connect(), await connect()];
      await own(used, '/1');
      expect([await fresh.readToEnd(), await used.readToEnd()]).toEqual(['', '']);
      await own(await connect(), '/2');
    });
  });

  describe('drain', () => {
    it('finishes the requests in flight, answers those in transit, accepts no new connection, and ends', async () => {
      await start({ drainIdleMs: 300 });
      const [held, busy, idle] = [await connect(), await connect(), await connect()];
      await own(busy, '/1');
      held.send(get('/held') + get('/behind'));
      await eventually(() => received().includes('/held'));
      const drained = proxy.listener.drain(4_000);
      expect(await own(busy, '/late')).toBe('close');
      expect(await busy.readToEnd()).toBe('');
      await expect(RawClient.connect(proxy.port)).rejects.toThrow();
      expect(await idle.readToEnd()).toBe('');
      origin.connections
        .find((connection) => connection.received.includes('/held'))
        ?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n/held');
      const last = await held.readResponse();
      expect([last.body, last.headers.get('connection')]).toEqual(['/held', 'close']);
      expect(await held.readToEnd()).toBe('');
      await drained;
      expect(received()).not.toContain('/behind');
    });

    it('aborts what is not finished in time, on both sides', async () => {
      await start();
      const client = await connect();
      client.send(get('/held'));
      await eventually(() => received().includes('/held'));
      await proxy.listener.drain(30);
      expect(await client.readToEnd()).toBe('');
      await eventually(() => origin.connections.every(({ closed }) => closed));
    });
  });

  describe('the address of the client', () => {
    const seen = (name: string): string[] =>
      [...received().matchAll(new RegExp(`^${name}: (.*)\r$`, 'gim'))].map(
        ([, value = '']) => value,
      );

    it.each<[string, readonly string[], readonly string[], string, string]>([
      [
        'is the peer, whatever it says',
        [],
        ['X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.9', 'X-Real-IP: 203.0.113.9'],
        '127.0.0.1',
        '127.0.0.1',
      ],
      [
        'is the right-most that is not trusted',
        ['127.0.0.0/8', '10.0.0.0/8'],
        ['X-Forwarded-For: 203.0.113.9, 198.51.100.4, 10.1.1.1'],
        '198.51.100.4',
        '203.0.113.9, 198.51.100.4, 10.1.1.1, 127.0.0.1',
      ],
      [
        'is the right-most over several fields',
        ['127.0.0.1'],
        ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 198.51.100.4'],
        '198.51.100.4',
        '203.0.113.9, 198.51.100.4, 127.0.0.1',
      ],
      [
        'is the peer when a trusted proxy says nothing',
        ['127.0.0.1'],
        [],
        '127.0.0.1',
        '127.0.0.1',
      ],
    ])('%s', async (_, trusted, fields, address, forwarded) => {
      await start({}, trusted);
      const client = await connect();
      client.send(get('/p', H + fields.map((field) => `${field}\r\n`).join('')));
      expect((await client.readResponse()).body).toBe('/p');
      expect((await proxy.line(0))['clientAddress']).toBe(address);
      expect(seen('x-forwarded-for')).toEqual([forwarded]);
      expect([
        seen('x-forwarded-proto'),
        seen('x-forwarded-port'),
        seen('x-forwarded-host'),
      ]).toEqual([[security === 'TLS' ? 'https' : 'http'], [String(proxy.port)], ['a.test']]);
      await own(client, '/next');
    });
  });

  it('forward each request byte by byte, and report its scheme', async () => {
    await start();
    const client = await connect();
    client.send(
      get(
        '/a/../p',
        `${H}X-Forwarded-Proto: gopher\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Host: evil.test\r\nX-A: b\r\n`,
      ),
    );
    expect((await client.readResponse()).body).toBe('/p');
    const expected = request('GET /p', { fields: 'X-A: b\r\n' }).replace(
      'Proto: http\r',
      `Proto: ${security === 'TLS' ? 'https' : 'http'}\r`,
    );
    expect(
      received()
        .replace(/(?<=^X-Request-Id: )[^\r\n]+/m, '<id>')
        .replace(`Port: ${proxy.port}\r`, 'Port: <port>\r'),
    ).toBe(expected);
    await own(client, '/next');
  });
});
