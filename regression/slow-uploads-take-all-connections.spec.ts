import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../apps/proxy/src/exchange/testing/proxy-fixture.ts';
import { resource } from '../apps/proxy/src/runtime/testing/resources.ts';

/**
 * Clients that sent their content slowly occupied all connections to a service: all others got 503.
 */
describe('many slow uploads to one service', () => {
  let origin: Server;
  let proxy: ProxyFixture;
  let most = 0;
  const slow: Socket[] = [];

  beforeEach(async () => {
    let now = 0;
    most = 0;
    origin = createServer((message, response) => {
      most = Math.max(most, ++now);
      response.on('close', () => now--);
      let bytes = 0;
      message.on('data', (chunk: Buffer) => (bytes += chunk.length));
      message.on('end', () => response.end(`${message.method} ${bytes}`));
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const address = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
    proxy = await ProxyFixture.start({
      resources: [
        resource('service', {
          name: 'orders',
          targets: [{ address }],
          connections: { max: 16, queue: 16 },
          timeouts: { connectMs: 2_000 },
        }),
        resource('route', { name: 'orders', service: 'service-orders' }),
      ],
    });
  });
  afterEach(async () => {
    for (const socket of slow.splice(0)) socket.destroy();
    await proxy.stop();
    origin.closeAllConnections();
    origin.close();
  });

  /** Opens uploads from several addresses; each sends a first part and then waits. */
  const upload = (count: number, first: number, addresses = 8): void => {
    for (let index = 0; index < count; index++) {
      const socket = connect({
        port: proxy.port,
        host: '127.0.0.1',
        localAddress: `127.0.0.${10 + (index % addresses)}`,
      });
      socket.on('error', () => undefined);
      socket.on('data', () => undefined);
      socket.write(
        `POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(first)}`,
      );
      slow.push(socket);
    }
  };
  const ask = (
    method: string,
    content: string,
    headers: Record<string, string> = {},
  ): Promise<string> =>
    new Promise((resolve, reject) => {
      const message = request(
        { port: proxy.port, host: '127.0.0.1', agent: false, method, path: '/x', headers },
        (response) => {
          let text = `${response.statusCode} `;
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve(text));
        },
      );
      message.on('error', reject);
      message.end(content);
    });

  it.each([
    ['that send a few bytes', 10],
    ['that send enough to begin, and then wait', 40_000],
  ])('%s leave connections for other requests', async (_, first) => {
    upload(60, first);
    // Longer than the delay after which a slow request begins.
    await sleep(1_600);
    for (let turn = 0; turn < 5; turn++) {
      expect(await ask('GET', '')).toBe('200 GET 0');
      expect(await ask('POST', 'hello')).toBe('200 POST 5');
      expect(await ask('POST', 'y'.repeat(9_000), { 'transfer-encoding': 'chunked' })).toBe(
        '200 POST 9000',
      );
    }
    expect(most).toBeLessThanOrEqual(10);
  });

  it('leave connections for large, fast uploads before they begin', async () => {
    upload(60, 10);
    await sleep(1_600);
    expect(await ask('PUT', 'z'.repeat(500_000))).toBe('200 PUT 500000');
  });

  it('begin upstream after a second, with the content received so far', async () => {
    const received = once(origin, 'request') as Promise<[{ headers: Record<string, string> }]>;
    upload(1, 10);
    const [message] = await received;
    expect(message.headers['content-length']).toBe('1000000');
  });

  it('of one address leave half of the connections to others', async () => {
    const begun = performance.now();
    upload(60, 40_000, 1);
    await sleep(500);
    expect(await ask('PUT', 'z'.repeat(9_000))).toBe('200 PUT 9000');
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('that expect 100 (Continue) receive it', async () => {
    const socket = connect(proxy.port, '127.0.0.1');
    slow.push(socket);
    socket.write(
      'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    const [interim] = (await once(socket, 'data')) as [Buffer];
    expect(interim.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});
