import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import type { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin, type OriginConnection } from '../upstream/testing/raw-origin.ts';
import { get, request } from './testing/messages.ts';

type Timeouts = Readonly<
  Partial<Record<'connectMs' | 'firstByteMs' | 'idleMs' | 'totalMs', number>>
>;

/** Only one timeout at a time is short, so that no other one can end the exchange. */
const patient = { connectMs: 60_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 };

describe('upstreams that take too long', () => {
  const stopping: (() => unknown)[] = [];
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  afterEach(async () => {
    await proxy.stop();
    origin.stop();
    for (const stop of stopping.splice(0)) await stop();
  });

  /** The origin runs this for the request to `/slow`, and answers every other with its path. */
  const start = async (
    timeouts: Timeouts,
    slow: (connection: OriginConnection) => void,
    address?: string,
  ): Promise<void> => {
    origin = await RawOrigin.start((connection) => {
      connection.socket.on('data', (chunk: Buffer) => {
        const [, path = ''] = chunk.toString('latin1').split(' ', 2);
        if (path === '/slow') slow(connection);
        else
          connection.socket.write(
            `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`,
          );
      });
    });
    proxy = await ProxyFixture.start({
      resources: [
        resource('gateway', { name: 'default' }),
        resource('service', { name: 'origin', targets: [{ address: origin.address }] }),
        resource('service', {
          name: 'slow',
          targets: [{ address: address ?? origin.address }],
          timeouts: { ...patient, ...timeouts },
          retries: { attempts: 0 },
        }),
        resource('route', {
          name: 'all',
          paths: ['/*'],
          service: 'service-origin',
          rewrite: { host: 'preserve' },
        }),
        resource('route', {
          name: 'slow',
          paths: ['/slow'],
          service: 'service-slow',
          rewrite: { host: 'preserve' },
        }),
      ],
    });
  };
  const own = async (client: RawClient, path: string): Promise<void> =>
    expect((await client.send(get(path)).readResponse()).body).toBe(path);
  const requestsTo = (path: string): string[] => {
    const texts = origin.connections
      .flatMap(({ received }) => received.split(/(?=^GET )/m))
      .filter((text) => text.startsWith(`GET ${path} `));
    return texts.map((text) =>
      text
        .replace(/^X-Request-Id: [^\r\n]+/m, 'X-Request-Id: <id>')
        .replace(`X-Forwarded-Port: ${proxy.port}\r\n`, 'X-Forwarded-Port: <port>\r\n'),
    );
  };
  const refused = async (client: RawClient, status: number, code: string): Promise<void> => {
    const response = await client.send(get('/slow')).readResponse();
    expect([response.status, response.headers.get('connection')]).toEqual([status, undefined]);
    expect(JSON.parse(response.body)).toMatchObject({ status, code });
  };

  it('to connect: 502, and the request is sent to no upstream', async () => {
    const { port, stop } = await portThatNeverAccepts();
    stopping.push(stop);
    await start({ connectMs: 200 }, () => undefined, `127.0.0.1:${port}`);
    const client = await proxy.connect();
    await own(client, '/before');
    await refused(client, 502, 'upstream_connect_failed');
    expect(proxy.notes.failures).toEqual([
      { code: 'upstream_connect_failed', reason: 'no connection within 200 ms' },
    ]);
    await own(client, '/next');
    expect(requestsTo('/slow')).toEqual([]);
    expect(requestsTo('/next')).toEqual([request('GET /next')]);
  });

  it.each<[string, Timeouts]>([
    ['for the first byte', { firstByteMs: 200 }],
    ['for all of it', { totalMs: 200 }],
  ])(
    '%s: 504, the request was sent once, and its connection is not used again',
    async (_, timeouts) => {
      await start(timeouts, () => undefined);
      const client = await proxy.connect();
      await own(client, '/before');
      await refused(client, 504, 'upstream_timeout');
      await own(client, '/next');
      await own(await proxy.connect(), '/other');
      expect(requestsTo('/slow')).toEqual([request('GET /slow')]);
      const used = origin.connections.find(({ received }) => received.includes('/slow'));
      await eventually(() => used?.closed === true);
      expect(used?.received).not.toMatch(/\/slow [^]*GET /);
    },
  );

  it.each<[string, Timeouts, boolean]>([
    ['between two bytes of content', { idleMs: 200 }, false],
    ['for all of it, though bytes come', { totalMs: 300 }, true],
  ])('%s: the response ends truncated, never clean', async (_, timeouts, trickles) => {
    await start(timeouts, ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      const trickle = setInterval(() => trickles && socket.write('1\r\nx\r\n'), 20);
      socket.on('close', () => clearInterval(trickle));
    });
    const client = await proxy.connect();
    await own(client, '/before');
    const text = await client.send(get('/slow') + get('/behind')).readToEnd();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n4\r\nhalf\r\n(?:1\r\nx\r\n)*$/);
    expect(text.includes('1\r\nx\r\n')).toBe(trickles);
    expect(await proxy.line(1)).toMatchObject({ status: 200, code: 'upstream_timeout' });
    await own(await proxy.connect(), '/next');
    expect(requestsTo('/slow')).toEqual([request('GET /slow')]);
    expect(requestsTo('/behind')).toEqual([]);
    await eventually(
      () => origin.connections.find(({ received }) => received.includes('/slow'))?.closed === true,
    );
  });

  it('and announce a Keep-Alive timeout: the proxy closes the connection before that time', async () => {
    await start({}, () => undefined);
    origin.connections.length = 0;
    const told = await RawOrigin.answering(
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 4\r\n\r\ntold',
    );
    stopping.push(() => told.stop());
    await proxy.apply([
      resource('service', { name: 'told', targets: [{ address: told.address }] }),
      resource('route', { name: 'told', paths: ['/*'], service: 'service-told' }),
    ]);
    const client = await proxy.connect();
    for (const path of ['/1', '/2'])
      expect((await client.send(get(path)).readResponse()).body).toBe('told');
    // The upstream never closes by itself, so the proxy closed it, although its idle timeout is
    // four seconds.
    const answeredAt = performance.now();
    await eventually(() => told.connections[0]?.closed === true);
    expect(performance.now() - answeredAt).toBeLessThan(3_000);
    expect((await client.send(get('/3')).readResponse()).body).toBe('told');
    expect(told.connections.map(({ received }) => received.match(/^GET \S+/gm))).toEqual([
      ['GET /1', 'GET /2'],
      ['GET /3'],
    ]);
  });
});

/**
 * A listening port whose owner accepts no connections and whose backlog is full: handshakes with it
 * do not complete.
 */
async function portThatNeverAccepts(): Promise<{
  readonly port: number;
  readonly stop: () => Promise<unknown>;
}> {
  const program = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      // Blocks the event loop for good.
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`;
  const worker = new Worker(program, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const queued: Socket[] = [];
  for (let isFull = false; !isFull && queued.length < 50;) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    queued.push(socket);
    isFull = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<true>((resolve) => setTimeout(() => resolve(true), 300)),
    ]);
  }
  return {
    port,
    stop: () => {
      for (const socket of queued) socket.destroy();
      return worker.terminate();
    },
  };
}
