import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { FaultyServer } from './testing/faulty-server.ts';

let origin: RawOrigin;
let collector: FaultyServer;
let proxy: ProxyFixture;

beforeAll(() => import('undici'));
beforeEach(async () => {
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  collector = await FaultyServer.start();
});
afterEach(async () => {
  await proxy.stop();
  await eventually(() => collector.sockets.size === 0);
  origin.stop();
  await collector.stop();
});

const route = (config: object, target = origin.address) => [
  resource('service', { name: 'orders', targets: [{ address: target }] }),
  resource('route', {
    name: 'orders',
    paths: ['/orders/*'],
    service: 'service-orders',
    policies: [
      {
        name: 'http-log',
        config: { url: collector.url('/ok'), allowPrivateAddresses: true, ...config },
      },
    ],
  }),
];

const records = () => collector.bodies.flatMap((body) => JSON.parse(body) as object[]);
const counted = (result: string): number =>
  proxy.counted('sluice_policy_http_log_records_total', { result });

describe('http-log in the proxy', () => {
  it('records what became of each request', async () => {
    proxy = await ProxyFixture.start({ resources: route({ flushMs: 10 }) });
    await proxy.get('/orders/1?secret=1', 'Authorization: Bearer planted');
    await eventually(() => counted('sent') === 1);
    expect(records()).toMatchObject([
      {
        route: 'orders',
        service: 'orders',
        target: origin.address,
        status: 200,
        source: 'upstream',
        method: 'GET',
        path: '/orders/1',
        attempts: 1,
        clientAddress: '127.0.0.1',
      },
    ]);
    expect(collector.bodies.join('')).not.toMatch(/planted|secret/);
  });

  it('records an upstream that is down', async () => {
    const { address } = origin;
    origin.stop();
    proxy = await ProxyFixture.start({ resources: route({ flushMs: 10 }, address) });
    await proxy.get('/orders/1');
    await eventually(() => counted('sent') === 1);
    expect(records()).toMatchObject([
      { status: 502, code: 'upstream_connect_failed', source: 'upstream' },
    ]);
  });

  it('sends what waits when its configuration changes, when it is removed and at the end', async () => {
    const slow = { flushMs: 60_000 };
    proxy = await ProxyFixture.start({ resources: route(slow) });
    await proxy.get('/orders/1');
    await proxy.get('/orders/2');
    expect(collector.requests).toBe(0);
    proxy.change(...route({ ...slow, batchSize: 7 }).slice(1));
    await eventually(() => counted('sent') === 2);
    await proxy.get('/orders/3');
    await proxy.stop();
    expect(counted('sent')).toBe(3);
    expect(records().map((record) => (record as { path: string }).path)).toEqual([
      '/orders/1',
      '/orders/2',
      '/orders/3',
    ]);
  });

  it('delays no request while its endpoint hangs', async () => {
    const config = {
      url: collector.url('/hang'),
      batchSize: 1,
      queueSize: 5,
      attempts: 1,
      timeoutMs: 1_000,
    };
    proxy = await ProxyFixture.start({ resources: route(config) });
    const client = await proxy.connect();
    const startedAtMs = performance.now();
    for (let index = 0; index < 50; index++)
      await client.send('GET /orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n').readResponse();
    // One attempt alone takes a second.
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(counted('queue_full')).toBeGreaterThanOrEqual(40);
    client.close();
  });
});
