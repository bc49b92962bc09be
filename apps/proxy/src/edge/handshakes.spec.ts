import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture, type FixtureOptions } from '../exchange/testing/proxy-fixture.ts';
import type { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin, type OriginConnection } from '../upstream/testing/raw-origin.ts';
import { get, H } from './testing/messages.ts';
import { readRequest } from './testing/request-transcript.ts';

/** Tests of exchanges with several messages: the order in which both sides may send. */
describe('handshakes', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  const key = 'sk_of_the_spec';

  /** Makes the origin run this on each connection instead of answering. */
  const start = async (
    behave: (connection: OriginConnection) => void,
    listener: FixtureOptions['listener'] = {},
  ): Promise<void> => {
    origin = await RawOrigin.start(behave);
    proxy = await ProxyFixture.start({
      listener,
      resources: [
        resource('gateway', { name: 'default', limits: { maxBodyBytes: 2_000 } }),
        resource('service', {
          name: 'origin',
          targets: [{ address: origin.address }],
          retries: { attempts: 0 },
        }),
        resource('route', { name: 'all', paths: ['/*'], service: 'service-origin' }),
        resource('route', {
          name: 'keyed',
          paths: ['/keyed'],
          service: 'service-origin',
          policies: [{ name: 'key-auth' }],
        }),
        resource('route', {
          name: 'limited',
          paths: ['/limited'],
          service: 'service-origin',
          policies: [
            { name: 'rate-limit', config: { limit: 1, windowSeconds: 3_600, by: 'route' } },
          ],
        }),
        resource('consumer', { username: 'acme' }),
        resource('credential', {
          type: 'key',
          name: 'ci',
          consumer: 'consumer-acme',
          hash: createHash('sha256').update(key).digest('hex'),
          prefix: 'sk',
        }),
      ],
    });
  };
  beforeEach(() => {
    heads = 0;
  });
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  let heads: number;
  /** Answers each complete request with its number. */
  const answering = ({ socket }: OriginConnection): void => {
    let seen = '';
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      for (let request = readRequest(seen); request !== undefined; request = readRequest(seen)) {
        seen = seen.slice(request.length);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nanswer ${++heads}`);
      }
    });
  };
  const received = (): string =>
    origin.connections.map((connection) => connection.received).join('');
  const pause = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const expecting = (path: string, fields = ''): string =>
    `POST ${path} HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 5\r\n${fields}\r\n`;
  const nothingFollows = async (client: RawClient): Promise<void> =>
    expect(await client.send(get('/next')).readToEnd()).toBe('');

  describe('100 (Continue)', () => {
    it('is sent once the request is allowed, and the expectation is not forwarded', async () => {
      await start(answering);
      const client = await proxy.connect();
      client.send(expecting('/keyed', `X-Api-Key: ${key}\r\n`));
      expect(await client.readUntil('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      expect((await client.send('hello').readResponse()).body).toBe('answer 1');
      expect(received()).toMatch(
        /^POST \/keyed HTTP\/1\.1\r\n[^]*\r\nContent-Length: 5\r\n\r\nhello$/,
      );
      expect(received()).not.toMatch(/expect/i);
      expect((await client.send(get('/next')).readResponse()).body).toBe('answer 2');
    });

    it.each([
      ['without a key', '/keyed', '', 401],
      ['with a wrong key', '/keyed', 'X-Api-Key: wrong\r\n', 401],
      ['with too much content', '/p', 'X: y\r\n', 413],
    ])(
      'is not sent for a request %s, which does not reach the upstream',
      async (_, path, fields, status) => {
        await start(answering);
        const client = await proxy.connect();
        client.send(
          expecting(path, fields).replace(
            'Length: 5',
            status === 413 ? 'Length: 2001' : 'Length: 5',
          ),
        );
        const response = await client.readResponse();
        // The next bytes of this client are ambiguous: content, or a request.
        expect([response.status, response.headers.get('connection')]).toEqual([status, 'close']);
        await nothingFollows(client);
        expect(origin.connections).toEqual([]);
      },
    );

    it('is not sent for a request beyond its limit', async () => {
      await start(answering);
      expect((await proxy.get('/limited')).status).toBe(200);
      const before = received();
      const client = await proxy.connect();
      expect((await client.send(expecting('/limited')).readResponse()).status).toBe(429);
      await nothingFollows(client);
      expect(received()).toBe(before);
    });

    it('is not sent to a client that did not expect it', async () => {
      await start(answering);
      const client = await proxy.connect();
      expect((await client.send(`${expecting('/p')}hello`).readResponse()).body).toBe('answer 1');
      expect((await client.send(get('/next')).readResponse()).body).toBe('answer 2');
    });

    it('of the upstream is not forwarded: the client already got one from the gateway', async () => {
      await start(({ socket }) =>
        socket.once('data', () =>
          socket.write(
            'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
          ),
        ),
      );
      const client = await proxy.connect();
      client.send(expecting('/p'));
      expect(await client.readUntil('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      expect(await client.send('hello').readResponse()).toMatchObject({ status: 200, body: 'ok' });
    });
  });

  describe('WebSocket', () => {
    const handshake = (path = '/ws', fields = ''): string =>
      get(
        path,
        `${H}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}`,
      );
    const accept =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n';

    it.each([
      ['in the same write', (client: RawClient) => client.send(`${handshake()}early`)],
      ['right behind it', (client: RawClient) => client.send(handshake()).send('early')],
    ])('bytes before the 101 are held until then: %s', async (_, send) => {
      await start(() => undefined);
      const client = send(await proxy.connect());
      await eventually(() => received().endsWith('\r\n\r\n'));
      await pause();
      const head = received();
      expect(head).not.toContain('early');
      origin.connections[0]?.socket.write(`${accept}first`);
      expect(await client.readUntil('first')).toMatch(
        /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*\r\n\r\nfirst$/,
      );
      await eventually(() => received() === `${head}early`);
    });

    it('bytes before a refusal are the next request, and never part of a tunnel', async () => {
      await start(({ socket }) => {
        let requests = 0;
        socket.on('data', () =>
          socket.write(
            ++requests === 1
              ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'
              : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
          ),
        );
      });
      const client = await proxy.connect();
      client.send(handshake() + get('/next'));
      expect(await client.readResponse()).toMatchObject({ status: 403, body: 'no' });
      expect(await client.readResponse()).toMatchObject({ status: 200, body: 'ok' });
      expect(received().match(/^\w+ \S+ HTTP/gm)).toEqual(['GET /ws HTTP', 'GET /next HTTP']);
    });

    it('without a key reaches no upstream', async () => {
      await start(answering);
      const client = await proxy.connect();
      expect(
        (await client.send(`${handshake('/keyed')}${get('/next')}`).readResponse()).status,
      ).toBe(401);
      expect((await client.readResponse()).body).toBe('answer 1');
      expect(received()).toMatch(/^GET \/next HTTP\/1\.1\r\n/);
    });

    it('is a 502 when the upstream’s 101 names another protocol', async () => {
      await start(({ socket }) =>
        socket.once('data', () => socket.write(`${accept.replace('websocket', 'h2c')}secret`)),
      );
      const client = await proxy.connect();
      expect((await client.send(handshake()).readResponse()).status).toBe(502);
      await eventually(() => origin.connections.every(({ closed }) => closed));
    });
  });

  describe('a response that arrives before the request was read', () => {
    const early = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';
    const chunkedPost = `POST /p HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`;

    it.each([
      ['a length', `POST /p HTTP/1.1\r\n${H}Content-Length: 10\r\n\r\nhello`, 'world'],
      ['chunks', chunkedPost, '5\r\nworld\r\n0\r\n\r\n'],
    ])(
      'reaches the client, and the rest of the content is discarded: %s',
      async (_, first, rest) => {
        await start((connection) => {
          connection.socket.on('data', () => {
            if (connection.received.includes('hello') && !connection.received.includes('GET /next'))
              connection.socket.write(early);
          });
          answering(connection);
        });
        const client = await proxy.connect();
        const response = await client.send(first).readResponse();
        expect([response.status, response.body]).toEqual([403, 'no']);
        await eventually(() => origin.connections[0]?.closed === true);
        client.send(rest + get('/next'));
        if (response.headers.get('connection') === 'close')
          expect(await client.readToEnd()).toBe('');
        else expect((await client.readResponse()).body).toBe('answer 1');
        expect(origin.connections[0]?.received).not.toContain('world');
        // No other request was sent on the connection with the incomplete request.
        expect(origin.connections[0]?.received).not.toContain('/next');
      },
    );

    it('and is complete lets the client finish its request', async () => {
      await start(({ socket }) =>
        socket.once('data', () =>
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
        ),
      );
      const client = await proxy.connect();
      client.send(chunkedPost);
      expect(await client.readUntil('ok\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      client.send('5\r\nworld\r\n0\r\n\r\n');
      await eventually(() => received().endsWith('5\r\nworld\r\n0\r\n\r\n'));
      origin.connections[0]?.socket.write('0\r\n\r\n');
      expect(await client.readUntil('0\r\n\r\n')).toBe('0\r\n\r\n');
    });
  });

  describe('clients that are too slow', () => {
    it.each([
      ['inside the request line', 'GET /p HT'],
      ['inside the fields', `GET /p HTTP/1.1\r\n${H}X: `],
      ['before the empty line', `GET /p HTTP/1.1\r\n${H}`],
    ])('%s: 408, and no upstream call', async (_, bytes) => {
      await start(answering, { headerTimeoutMs: 400 });
      const client = await proxy.connect();
      expect((await client.send(get('/before')).readResponse()).body).toBe('answer 1');
      const before = received();
      const response = await client.send(bytes).readResponse();
      expect([response.status, response.headers.get('connection')]).toEqual([408, 'close']);
      await nothingFollows(client);
      expect(received()).toBe(before);
    });

    it.each([
      ['stops inside its content', { bodyIdleMs: 2_500 }, false],
      ['trickles it', { minBodyRateAfterMs: 2_500, minBodyBytesPerSecond: 5_000 }, true],
    ])(
      'one that %s: 408, and the upstream never receives the end of the content',
      async (_, listener, trickles) => {
        await start(answering, listener);
        const client = await proxy.connect();
        client.send(`POST /p HTTP/1.1\r\n${H}Content-Length: 1000\r\n\r\nhello`);
        const trickle = setInterval(() => trickles && client.send('x'), 10);
        const response = await client.readResponse();
        clearInterval(trickle);
        expect([response.status, response.headers.get('connection')]).toEqual([408, 'close']);
        await nothingFollows(client);
        await eventually(() => origin.connections.every(({ closed }) => closed));
        // A slow upload is forwarded after a second, so the upstream has received a part.
        expect(received()).toMatch(
          /^POST \/p HTTP\/1\.1\r\n[^]*\r\nContent-Length: 1000\r\n\r\nhellox*$/,
        );
        expect((await proxy.get('/other')).body).toBe('answer 1');
      },
    );
  });

  describe('pipelined requests', () => {
    it('are answered in order, with one upstream call at a time', async () => {
      let open = 0;
      let most = 0;
      await start(({ socket }) => {
        socket.on('data', (chunk: Buffer) => {
          const heads = chunk.toString('latin1').match(/^GET (\S+)/gm) ?? [];
          most = Math.max(most, (open += heads.length));
          setTimeout(() => {
            for (const head of heads)
              socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${head.length}\r\n\r\n${head}`);
            open -= heads.length;
          }, Math.random() * 3);
        });
      });
      const client = await proxy.connect();
      const paths = Array.from({ length: 100 }, (_, index) => `/${index}`);
      client.send(paths.map((path) => get(path)).join(''));
      for (const path of paths) expect((await client.readResponse()).body).toBe(`GET ${path}`);
      expect([most, origin.connections.length]).toEqual([1, 1]);
    });

    it('after an unanswered one are neither forwarded nor buffered without bound', async () => {
      await start(() => undefined);
      const client = await proxy.connect();
      client.send(get('/first'));
      await eventually(() => received().includes('/first'));
      const megabyte = get('/flood').repeat(26_000).slice(0, 1_000_000);
      for (let count = 0; count < 16; count++) client.send(megabyte);
      let waiting = 0;
      for (
        let before = -1;
        before !== waiting;
        before = waiting, waiting = client.socket.writableLength
      )
        await pause(100);
      // Less than half left the client: what the kernel holds on both sides, and two reads.
      expect(waiting).toBeGreaterThan(8_000_000);
      expect(received()).not.toContain('/flood');
    });
  });
});
