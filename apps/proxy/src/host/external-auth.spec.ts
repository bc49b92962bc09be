import { performance } from 'node:perf_hooks';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { FaultyServer } from './testing/faulty-server.ts';

let service: FaultyServer;
let origin: RawOrigin;
let proxy: ProxyFixture;

beforeAll(() => import('undici'));
beforeEach(async () => {
  service = await FaultyServer.start();
  origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
});
afterEach(async () => {
  await proxy.stop();
  // Stopping the proxy has closed every connection to the service.
  await eventually(() => service.sockets.size === 0);
  origin.stop();
  await service.stop();
});

async function start(
  path: string,
  onError: 'open' | 'closed' = 'closed',
  config: object = {},
): Promise<void> {
  const all = {
    url: service.url(path),
    allowPrivateAddresses: true,
    timeoutMs: 300,
    upstreamHeaders: ['X-User'],
    ...config,
  };
  proxy = await ProxyFixture.start({
    resources: [
      resource('service', { name: 'orders', targets: [{ address: origin.address }] }),
      resource('route', {
        name: 'orders',
        paths: ['/*'],
        service: 'service-orders',
        policies: [{ name: 'external-auth', config: all, onError }],
      }),
    ],
  });
}

const forwarded = (): string => origin.connections.map(({ received }) => received).join('');

describe('external-auth in the proxy', () => {
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
    ['/status/500', '5xx'],
    ['/status/304', '2xx'],
    ['/status/404', '4xx'],
  ])('answers 503 in time when the service does this: %s', async (path, outcome) => {
    await start(path);
    const startedAtMs = performance.now();
    const response = await proxy.get('/orders/1', 'X-User: admin');
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toMatchObject({ code: 'policy_failed' });
    expect(response.body).not.toContain('127.0.0.1');
    expect(forwarded()).toBe('');
    expect(
      proxy.counted('sluice_policy_http_requests_total', { policy: 'external-auth', outcome }),
    ).toBe(1);
  });

  it('continues with onError open, without the fields that a client forged', async () => {
    await start('/close', 'open');
    expect((await proxy.get('/orders/1', 'X-User: admin', 'X.User: admin')).status).toBe(200);
    expect(forwarded()).not.toMatch(/x.user/i);
    expect(proxy.notes.policyFaults).toMatchObject([{ policy: 'external-auth' }]);
  });

  it('passes every challenge of the service on', async () => {
    await start('/challenge');
    const { status, head } = await proxy.get('/orders/1');
    expect(status).toBe(401);
    expect(head.match(/^www-authenticate: .*$/gim)).toEqual([
      'WWW-Authenticate: Bearer realm="a"',
      'WWW-Authenticate: Basic realm="b"',
    ]);
  });

  it('does not decide when the service names two consumers', async () => {
    await start('/two-consumers', 'closed', { consumer: { header: 'X-Who' } });
    expect((await proxy.get('/orders/1')).status).toBe(503);
  });

  it('describes the request as it is routed, without content', async () => {
    await start('/ok', 'closed', { sendHeaders: ['X-Tag'] });
    const response = await proxy.send(
      [
        'PUT /a/./b/../c//%7ed?x=%2F&x=2 HTTP/1.1',
        'Host: API.test:8080',
        'X-HTTP-Method-Override: GET',
        'X-Forwarded-Method: GET',
        'X-Forwarded-Uri: /public',
        'X-Original-URL: /public',
        'Expect: 100-continue',
        'Content-Length: 5',
        '',
        'hello',
      ].join('\r\n'),
    );
    expect(response.status).toBe(200);
    const fields = (service.heads[0] as string).split('\r\n').slice(1);
    const about = fields.filter((line) => /^x-forwarded-(?!for)/i.test(line)).toSorted();
    expect(about).toEqual([
      'X-Forwarded-Host: api.test',
      'X-Forwarded-Method: PUT',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Uri: /a/c/~d?x=%2F&x=2',
    ]);
    expect(service.heads[0]).toMatch(/^GET \/ok HTTP/);
    expect(service.heads[0]).not.toMatch(/^(?:expect|content-|transfer-|x-original|x-http)/im);
    expect(service.bodies).toEqual(['']);
  });

  it('passes a preflight request on, without what a client forged, and no other OPTIONS', async () => {
    await start('/status/403', 'closed', { sendHeaders: ['X-User'] });
    const options = (...fields: string[]) =>
      proxy.send(`OPTIONS /a HTTP/1.1\r\nHost: api.test\r\n${fields.join('\r\n')}\r\n\r\n`);
    expect((await options('Accept: */*')).status).toBe(403);
    const preflight = ['Origin: https://a.test', 'Access-Control-Request-Method: PUT'];
    expect((await options(...preflight, 'X-User: admin')).status).toBe(200);
    expect(service.requests).toBe(1);
    expect(forwarded()).not.toMatch(/x.user/i);
  });

  it('counts refusals and failures with their reasons', async () => {
    await start('/status/403');
    expect((await proxy.get('/orders/1')).status).toBe(403);
    const labels = { policy: 'external-auth', outcome: 'refused', reason: 'denied' };
    expect(proxy.counted('sluice_auth_total', labels)).toBe(1);
    expect(await proxy.line(0)).toMatchObject({
      authPolicy: 'external-auth',
      authReason: 'denied',
    });
  });

  it('sends every value of a repeated field as a line of its own', async () => {
    await start('/ok', 'closed', { sendHeaders: ['X-Tag'] });
    expect((await proxy.get('/orders/1', 'X-Tag: one', 'X-Tag: two')).status).toBe(200);
    expect(service.heads[0]).toMatch(/x-tag: one\r\nx-tag: two/i);
  });

  it.each(['/status/403', '/close', '/hang'])(
    'forwards no upgrade and no gRPC call when the service does this: %s',
    async (path) => {
      await start(path);
      const upgrade = await proxy.get(
        '/socket',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      );
      expect(upgrade.status).toBe(path === '/status/403' ? 403 : 503);
      const call = await proxy.send(
        'POST /pkg.Service/Call HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0',
      );
      expect(call.headers.get('grpc-status') ?? String(call.status)).not.toBe('0');
      expect(forwarded()).toBe('');
    },
  );

  it('ends the call when the client leaves', async () => {
    await start('/hang', 'closed', { timeoutMs: 8_000 });
    const client = await proxy.connect();
    client.send('GET /orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n');
    await eventually(() => service.heads.length === 1);
    client.close();
    await eventually(() => service.sockets.size === 0);
  });
});
