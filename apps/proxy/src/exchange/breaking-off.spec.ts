import { afterEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { deny } from '@sluice/policy-sdk';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy, type RecordingOptions } from './testing/recording-policy.ts';

const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';

describe('an exchange that ends early', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  let entries: string[];

  afterEach(async () => {
    await proxy.stop();
    origin.stop();
  });

  const start = async (
    behave: Parameters<typeof RawOrigin.start>[0],
    options: RecordingOptions = {},
    service: object = {},
  ): Promise<void> => {
    entries = [];
    origin = await RawOrigin.start(behave);
    proxy = await ProxyFixture.start({
      policies: [recordingPolicy((entry) => entries.push(entry), options)],
      resources: [
        resource('service', { name: 'orders', targets: [{ address: origin.address }], ...service }),
        resource('route', {
          name: 'orders',
          service: 'service-orders',
          policies: [{ name: 'recording' }],
        }),
      ],
    });
  };
  /** Answers a request head with these bytes, then runs the action of the test. */
  const saying =
    (
      text: string,
      then: (socket: Socket) => void = () => undefined,
    ): Parameters<typeof RawOrigin.start>[0] =>
    ({ socket }) =>
      socket.once('data', () => socket.write(text, () => then(socket)));

  describe('because the client disconnects', () => {
    it.each([
      ['lets it pass', () => undefined],
      ['refuses', () => deny('forbidden')],
    ])(
      'while a policy waits that %s: no upstream call is made, and no response is recorded',
      async (_, verdict) => {
        const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
        const { promise: waits, resolve: isWaiting } = Promise.withResolvers<void>();
        await start(saying(''), {
          acts: {
            limit: async () => {
              isWaiting();
              await mayGoOn;
              return verdict();
            },
          },
        });
        const client = await proxy.connect();
        client.send(get);
        await waits;
        client.reset();
        await eventually(() => proxy.listener.connectionCount === 0);
        goOn();
        expect(await proxy.line(0)).toMatchObject({
          status: 499,
          source: 'client',
          responseBytes: 0,
        });
        expect(proxy.lines[0]).not.toHaveProperty('target');
        expect(origin.connections).toHaveLength(0);
        expect(
          entries.filter((entry) => ['transform', 'answer', 'settle'].includes(entry)),
        ).toEqual(['settle']);
      },
    );

    it('before the upstream responds: the upstream connection closes, and the log has 499', async () => {
      await start(saying(''));
      const client = await proxy.connect();
      client.send(get);
      await eventually(
        () =>
          origin.connections[0]?.received !== undefined && origin.connections[0].received !== '',
      );
      client.reset();
      await eventually(() => origin.connections[0]?.closed === true);
      expect(await proxy.line(0)).toMatchObject({
        status: 499,
        source: 'client',
        target: origin.address,
      });
      expect(proxy.lines[0]).not.toHaveProperty('code');
      expect(proxy.counted('sluice_requests_total', { route: 'orders', status: '499' })).toBe(1);
      expect(proxy.counted('sluice_errors_total')).toBe(0);
      // It was not the target's fault.
      expect(
        [...proxy.target.runtime.of('service').values()].flatMap(({ upstream }) =>
          upstream.health(),
        ),
      ).toEqual([{ address: origin.address, healthy: true }]);
    });

    it('in the middle of its content: the upstream receives an incomplete request', async () => {
      await start(saying(''));
      const client = await proxy.connect();
      client.send(
        'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      );
      await eventually(() => origin.connections[0]?.received.endsWith('5\r\nhello\r\n') === true);
      client.reset();
      await eventually(() => origin.connections[0]?.closed === true);
      expect(origin.connections[0]?.received).not.toContain('0\r\n\r\n');
      expect((await proxy.line(0))['source']).toBe('client');
    });

    it('in the middle of its content, with FIN: 400, and the upstream receives an incomplete request', async () => {
      await start(saying(''));
      const client = await proxy.connect();
      client.send('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
      await eventually(() => origin.connections[0]?.received.endsWith('hello') === true);
      client.endSending();
      expect((await client.readResponse()).status).toBe(400);
      await eventually(() => origin.connections[0]?.closed === true);
      expect(await proxy.line(0)).toMatchObject({
        status: 400,
        code: 'malformed_request',
        source: 'client',
      });
    });

    it('in the middle of the response: the upstream stops, and the log has the bytes sent to the client', async () => {
      await start(saying('HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nfirst'));
      const client = await proxy.connect();
      await client.send(get).readUntil('first');
      client.reset();
      await eventually(() => origin.connections[0]?.closed === true);
      expect(await proxy.line(0)).toMatchObject({ status: 200, source: 'client' });
      expect(proxy.lines[0]).not.toHaveProperty('code');
    });

    it('not when it only closes its side and the gateway serves half-closed clients: it gets its response', async () => {
      await start(({ socket }) =>
        socket.once('data', () =>
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 10),
        ),
      );
      proxy.change(
        resource('gateway', { name: 'default', limits: { halfClosedClients: 'serve' } }),
      );
      const client = await proxy.connect();
      expect(await client.send(get).endSending().readResponse()).toMatchObject({
        status: 200,
        body: 'ok',
      });
      expect(await proxy.line(0)).toMatchObject({ status: 200, source: 'upstream' });
    });
  });

  describe('because the upstream response is incomplete', () => {
    it.each([
      ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'upstream_reset'],
      [
        'chunked',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
        'upstream_reset',
      ],
      [
        'chunked, in the middle of a chunk',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello',
        'upstream_reset',
      ],
    ])('%s: what the client has never looks whole', async (_, text, code) => {
      await start(saying(text, (socket) => socket.end()));
      const client = await proxy.connect();
      const head = await client.send(get).readUntil('\r\n\r\n');
      expect(head).toContain('200 OK');
      const rest = await client.readToEnd();
      expect(rest).not.toMatch(/0\r\n\r\n$/);
      expect(rest.replace(/^\d+\r\n/, '').length).toBeLessThan(10);
      expect(await proxy.line(0)).toMatchObject({ status: 200, code, source: 'upstream' });
      expect(proxy.counted('sluice_errors_total', { code })).toBe(1);
      expect(proxy.notes.failures).toEqual([
        { code, reason: expect.stringMatching(/middle of the response/) },
      ]);
    });

    it('an HTTP/1.0 client, for which the end of the connection ends the content, sees a reset', async () => {
      await start(
        saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', (socket) =>
          socket.end(),
        ),
      );
      const client = await proxy.connect();
      client.send('GET /x HTTP/1.0\r\nHost: a\r\n\r\n');
      await eventually(() => client.ending !== undefined);
      expect(client.ending).toBe('reset');
      expect((await proxy.line(0))['code']).toBe('upstream_reset');
    });

    it('with malformed content: the rest is not forwarded', async () => {
      await start(saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'));
      const client = await proxy.connect();
      await client.send(get).readUntil('hello\r\n');
      origin.connections[0]?.socket.write('ZZ\r\nsecret');
      expect(await client.readToEnd()).toBe('');
      expect((await proxy.line(0))['code']).toBe('upstream_malformed_response');
    });

    it.each(['GET', 'PUT'])(
      'with malformed content together with the head: %s gets 502, because nothing was sent yet',
      async (method) => {
        await start(
          saying(
            'HTTP/1.1 200 OK\r\nX-Secret: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n',
          ),
          { respond: (_, head) => head.headers.add('X-Policy', head.origin) },
        );
        const client = await proxy.connect();
        const response = await client.send(get.replace('GET', method)).readResponse();
        expect(response).toMatchObject({
          status: 502,
          body: expect.stringContaining('"upstream_malformed_response"'),
        });
        expect(response.head).not.toContain('X-Secret');
        expect(response.headers.get('x-policy')).toBe('gateway');
        expect(await proxy.line(0)).toMatchObject({
          status: 502,
          code: 'upstream_malformed_response',
          source: 'upstream',
          target: origin.address,
        });
        expect(proxy.counted('sluice_errors_total', { code: 'upstream_malformed_response' })).toBe(
          1,
        );
        expect(proxy.notes).toMatchObject({
          failures: [
            { code: 'upstream_malformed_response', reason: expect.stringContaining('chunk size') },
          ],
          faults: [],
        });
        expect(
          (await client.send('GET /x HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).status,
        ).toBe(502);
        expect(origin.connections).toHaveLength(2);
      },
    );

    it('with silence: aborted after the idle timeout', async () => {
      await start(
        saying('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'),
        {},
        { timeouts: { idleMs: 60 } },
      );
      const client = await proxy.connect();
      expect(await client.send(get).readToEnd()).toMatch(/hello$/);
      expect(await proxy.line(0)).toMatchObject({ status: 200, code: 'upstream_timeout' });
    });

    it('the next request on another connection is not affected', async () => {
      let turn = 0;
      await start(({ socket }) => {
        const broken = turn++ === 0;
        socket.on('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${broken ? 10 : 2}\r\n\r\nok`);
          if (broken) socket.end();
        });
      });
      await (await proxy.connect()).send(get).readToEnd();
      expect(await (await proxy.connect()).send(get).readResponse()).toMatchObject({
        status: 200,
        body: 'ok',
      });
    });
  });
});
