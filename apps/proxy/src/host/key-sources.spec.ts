import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Tracer } from '@sluice/telemetry';
import { startOtlpReceiver, type OtlpReceiver } from '@sluice/testkit';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';

const key = 'the-key-of-acme-0123456789';

/** Keys in other places than headers, on the wire. */
describe('key-auth in the proxy', () => {
  let origin: RawOrigin;
  let proxy: ProxyFixture;
  let tracer: Tracer;
  let receiver: OtlpReceiver;

  async function start(response: string): Promise<void> {
    origin = await RawOrigin.answering(response);
    tracer = new Tracer({
      serviceName: 'proxy',
      instanceId: 'node',
      version: '0',
      ratio: 1,
      export: {
        endpoint: receiver.endpoint,
        onExported: () => undefined,
        onDropped: () => undefined,
        warn: () => undefined,
        collectMs: 20,
      },
    });
    proxy = await ProxyFixture.start({
      tracer,
      resources: [
        resource('consumer', { username: 'acme' }),
        resource('credential', {
          type: 'key',
          name: 'key',
          consumer: 'consumer-acme',
          hash: createHash('sha256').update(key).digest('hex'),
          prefix: 'the-',
        }),
        resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
        resource('route', {
          name: 'orders',
          paths: ['/*'],
          service: 'service-orders',
          rewrite: { stripPrefix: '/orders' },
          policies: [
            {
              name: 'key-auth',
              config: { queryNames: ['key'], cookieNames: ['key'], webSocketProtocol: 'key.' },
            },
          ],
        }),
      ],
    });
  }
  beforeEach(async () => {
    receiver = await startOtlpReceiver();
    await start('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  afterEach(async () => {
    await proxy.stop();
    await tracer.shutdown();
    await receiver.close();
    origin.stop();
  });

  const forwarded = (): string => origin.connections.map(({ received }) => received).join('');

  it.each([
    ['a query', `/orders/1?a=%2f&key=${key}&&b=+`, '/1?a=%2f&&b=+'],
    ['a query without more', `/orders/1?key=${key}`, '/1'],
    [
      'a long query',
      `/orders/1?${'a='.padEnd(8_100, 'x')}&key=${key}`,
      `/1?${'a='.padEnd(8_100, 'x')}`,
    ],
    ['an empty parameter', `/orders/1?key=${key}&`, '/1?'],
  ])('forwards %s without the key', async (_what, target, expected) => {
    expect((await proxy.get(target)).status).toBe(200);
    expect(forwarded().split('\r\n')[0]).toBe(`GET ${expected} HTTP/1.1`);
    expect(await proxy.line(0)).toMatchObject({ consumer: 'acme', path: '/orders/1' });
    const spans = await receiver.waitForSpans(2);
    for (const told of [forwarded(), proxy.lines, spans, proxy.notes])
      expect(inspect(told, { depth: 12, maxStringLength: null })).not.toContain(key);
  });

  it('forwards the other cookies as they were', async () => {
    await proxy.get('/orders/1', `Cookie: a="x y"; key=${key};b=%20; c`);
    expect(forwarded()).toMatch(/^cookie: a="x y";b=%20; c\r$/im);
    expect(forwarded()).not.toContain(key);
  });

  it('shows no key in the answer to two different ones', async () => {
    const { status, head, body } = await proxy.get(`/orders/1?key=${key}&key=other`);
    expect(status).toBe(401);
    expect(head + body).not.toContain(key);
    expect(forwarded()).toBe('');
  });

  it('opens a WebSocket with the key in a subprotocol, and lets the upstream choose another one', async () => {
    await proxy.stop();
    await tracer.shutdown();
    origin.stop();
    await start(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n',
    );
    const client = await proxy.connect();
    client.send(
      `GET /orders/ws HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: chat.v2, key.${key}, chat.v1\r\n\r\n`,
    );
    const head = await client.readUntil('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(head).toMatch(/^sec-websocket-protocol: chat\.v1\r$/im);
    expect(forwarded()).toMatch(/^sec-websocket-protocol: chat\.v2, chat\.v1\r$/im);
    expect(forwarded()).not.toContain(key);
  });
});
