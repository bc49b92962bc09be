import { performance } from 'node:perf_hooks';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { FaultyServer } from './testing/faulty-server.ts';

let server: FaultyServer;
let origin: RawOrigin;
let proxy: ProxyFixture;

beforeAll(() => import('undici'));
beforeEach(async () => {
  server = await FaultyServer.start();
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(async () => {
  await proxy.stop();
  await eventually(() => server.sockets.size === 0);
  origin.stop();
  await server.stop();
});

async function start(path: string, more: object = {}, policy: object = {}): Promise<void> {
  const config = {
    url: server.url(path),
    decision: 'gateway/allow',
    allowPrivateAddresses: true,
    upstreamHeaders: ['X-Role'],
    ...more,
  };
  proxy = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [{ name: 'opa', config, ...policy }],
      }),
    ],
  });
}

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');
const counted = (outcome: string, reason: string): number =>
  proxy.counted('sluice_auth_total', { policy: 'opa', outcome, reason });
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const grpcCall =
  'POST /pkg.Service/Call HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0';

describe('opa in the proxy', () => {
  it.each([
    ['/hang', 'timeout'],
    ['/trickle', 'timeout'],
    ['/huge', 'too_large'],
    ['/huge-head', 'too_large'],
    ['/redirect', 'redirect'],
    ['/half', 'broken_off'],
    ['/half-head', 'broken_off'],
    ['/close', 'broken_off'],
    ['/not-http', 'invalid_response'],
    ['/html', '2xx'],
    ['/status/304', '2xx'],
    ['/status/404', '4xx'],
    ['/status/500', '5xx'],
  ])('answers 503 in time when the server does this: %s', async (path, outcome) => {
    await start(path, { timeoutMs: 300 });
    const startedAtMs = performance.now();
    const response = await proxy.get('/orders/1', 'X-Role: admin');
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'policy_failed' });
    expect(response.body).not.toMatch(/127\.0\.0\.1|s3cret/);
    expect(forwarded()).toBe('');
    expect(proxy.counted('sluice_policy_http_requests_total', { policy: 'opa', outcome })).toBe(1);
    expect(counted('failed', 'dependency_failed')).toBe(1);
    expect(JSON.stringify(proxy.notes)).not.toContain('s3cret');
    expect(await proxy.line(0)).toMatchObject({
      authPolicy: 'opa',
      authReason: 'dependency_failed',
    });
  });

  it('asks about the request as it is routed, and passes on what the server decides', async () => {
    server.contents.set('/yes', '{"result": {"allow": true, "headers": {"X-Role": "reader"}}}');
    await start('/yes', { sendHeaders: ['X-Tag'] });
    const response = await proxy.get(
      '/a/./b/../c//d?x=1',
      'X-Role: admin',
      'X.Role: admin',
      'X-Tag: one',
      'Connection: x-role',
      'X-Tag: two',
      'Authorization: Bearer s3cret',
    );
    expect(response.status).toBe(200);
    expect(forwarded().match(/^x.role: .*$/gim)).toEqual(['X-Role: reader']);
    expect(JSON.parse(server.bodies[0] as string)).toMatchObject({
      input: {
        request: {
          method: 'GET',
          scheme: 'http',
          host: 'api.test',
          path: '/a/c/d',
          headers: { 'x-tag': ['one', 'two'] },
        },
        caller: { address: '127.0.0.1' },
      },
    });
    expect(`${server.heads[0]}${server.bodies[0]}`).not.toContain('s3cret');
    expect(counted('allowed', 'none')).toBe(1);
  });

  it('refuses with a reason in metrics and log, and forwards nothing', async () => {
    server.contents.set('/no', '{"result": false}');
    await start('/no');
    expect((await proxy.get('/orders/1')).status).toBe(403);
    expect((await proxy.get('/socket', ...upgrade)).status).toBe(403);
    expect((await proxy.send(grpcCall)).status).toBe(403);
    expect(counted('refused', 'denied')).toBe(3);
    expect(await proxy.line(0)).toMatchObject({ authPolicy: 'opa', authReason: 'denied' });
    expect(forwarded()).toBe('');
  });

  it('fails closed for upgrades and gRPC calls', async () => {
    await start('/close');
    expect((await proxy.get('/socket', ...upgrade)).status).toBe(503);
    expect((await proxy.send(grpcCall)).status).toBe(503);
    expect(forwarded()).toBe('');
  });

  it('decides nothing about a preflight request, and about every other OPTIONS', async () => {
    server.contents.set('/no', '{"result": false}');
    await start('/no');
    const options = (...fields: string[]) =>
      proxy.send(`OPTIONS /a HTTP/1.1\r\nHost: api.test\r\n${fields.join('\r\n')}\r\n\r\n`);
    expect((await options('Accept: */*')).status).toBe(403);
    expect((await options('Origin: https://a.test')).status).toBe(403);
    const preflight = ['Origin: https://a.test', 'Access-Control-Request-Method: PUT'];
    expect((await options(...preflight)).status).toBe(200);
    expect(server.requests).toBe(2);
  });

  it('in shadow mode records what it would have refused, and changes nothing', async () => {
    server.contents.set('/no', '{"result": false}');
    await start('/no', {}, { mode: 'shadow' });
    expect((await proxy.get('/orders/1')).status).toBe(200);
    expect(await proxy.line(0)).toMatchObject({ status: 200, shadow: ['opa'] });
    expect(counted('refused', 'denied')).toBe(0);
  });

  it('with onError open continues without what a client forged', async () => {
    await start('/close', {}, { onError: 'open' });
    expect((await proxy.get('/orders/1', 'X-Role: admin', 'X.Role: admin')).status).toBe(200);
    expect(forwarded()).not.toMatch(/x.role/i);
    expect(counted('failed', 'dependency_failed')).toBe(1);
  });

  it('ends the call when the client leaves', async () => {
    await start('/hang', { timeoutMs: 8_000 });
    const client = await proxy.connect();
    client.send('GET /orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n');
    await eventually(() => server.heads.length === 1);
    client.close();
    await eventually(() => server.sockets.size === 0);
  });
});
