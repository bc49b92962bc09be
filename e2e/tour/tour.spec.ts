import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applied, issueKey, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { Stack } from '../harness/stack.ts';

describe('the tour of the README', () => {
  const started = new AsyncDisposableStack();
  let stack: Stack;
  let orders: Origin;
  let key: string;

  beforeAll(async () => {
    orders = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start());
    await stack.admin.quotas.create(
      { name: 'trial', limits: [{ requests: 3, per: 'hour', burst: 3 }] },
      applied,
    );
    await registerService(stack.admin, 'orders', [orders.address], {
      route: { policies: [{ name: 'key-auth' }], rewrite: { stripPrefix: '/orders' } },
    });
    ({ key } = await issueKey(stack.admin, 'acme', { customId: 'customer-7', quotas: ['trial'] }));
  }, 60_000);
  afterAll(() => started.disposeAsync());

  it('refuses a request without a key, with advice', async () => {
    const response = await fetch(`${stack.proxy.url}/orders/1`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).not.toBeNull();
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({
      code: 'unauthorized',
      status: 401,
      requestId: expect.any(String),
    });
  });

  it('refuses an unknown key', async () => {
    const response = await fetch(`${stack.proxy.url}/orders/1`, {
      headers: { 'x-api-key': 'slk_nobody_has_this_key' },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'invalid_credential' });
  });

  it('answers 404 when no route matches', async () => {
    const response = await fetch(`${stack.proxy.url}/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'route_not_found' });
  });

  it('forwards a request with a key, names the caller to the upstream, and counts the quota down to 429', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const send = () =>
      fetch(`${stack.proxy.url}/orders/17?full=1`, {
        headers: {
          'x-api-key': key,
          'x-consumer-username': 'somebody-else',
          'x-forwarded-for': '203.0.113.9',
          'x-custom': 'kept',
          traceparent,
        },
      });
    const first = await send();
    expect(first.status).toBe(200);
    const seen = (await first.json()) as { url: string; headers: Record<string, string> };
    expect(seen.url).toBe('/17?full=1');
    expect(seen.headers).toMatchObject({
      host: orders.address,
      'x-consumer-username': 'acme',
      'x-consumer-custom-id': 'customer-7',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-prefix': '/orders',
      'x-forwarded-proto': 'http',
      'x-custom': 'kept',
      via: expect.stringContaining('sluice'),
    });
    expect(seen.headers).not.toHaveProperty('x-api-key');
    expect(seen.headers['x-request-id']).toBe(first.headers.get('x-request-id'));
    expect(seen.headers['traceparent']).toBe(traceparent);

    expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(200);
    const denied = await send();
    expect(denied.status).toBe(429);
    expect(Number(denied.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(denied.headers.get('ratelimit')).not.toBeNull();
    expect(await denied.json()).toMatchObject({ code: 'quota_exceeded' });
  });

  it('shows nodes, metrics and the running configuration without secrets', async () => {
    const nodes = await stack.admin.nodes.list();
    expect(nodes.data).toEqual([expect.objectContaining({ id: 'proxy-1', gateway: 'default' })]);
    const metrics = await (await fetch(`${stack.proxy.statusUrl}/metrics`)).text();
    expect(metrics).toMatch(/sluice_requests_total\{[^}]*route="orders"[^}]*\} \d+/);
    const config = await (await fetch(`${stack.proxy.statusUrl}/config`)).text();
    expect(config).toContain('"orders"');
    expect(config).not.toContain(key);
    expect(await (await fetch(`${stack.proxy.statusUrl}/readyz`)).json()).toMatchObject({
      status: 'ready',
    });
  });

  it('stops serving a revoked key on the very next request', async () => {
    await stack.admin.keysOf('acme').delete('main', applied);
    const response = await fetch(`${stack.proxy.url}/orders/1`, { headers: { 'x-api-key': key } });
    expect(response.status).toBe(401);
  });
});
