import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Exchange } from '@sluice/policy-sdk';
import { resource } from '../runtime/testing/resources.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { ProxyFixture } from './testing/proxy-fixture.ts';
import { recordingPolicy } from './testing/recording-policy.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a policy that changes the request to the upstream', () => {
  let origin: RawOrigin;
  let other: RawOrigin;
  let proxy: ProxyFixture | undefined;

  beforeEach(async () => {
    origin = await RawOrigin.answering(ok);
    other = await RawOrigin.answering(ok);
  });
  afterEach(async () => {
    await proxy?.stop();
    origin.stop();
    other.stop();
  });

  const start = async (
    act: (exchange: Exchange) => unknown,
    phase: 'receive' | 'transform' | 'answer' = 'transform',
    mode: 'enforce' | 'shadow' = 'enforce',
  ): Promise<ProxyFixture> => {
    const policy = recordingPolicy(() => undefined, {
      acts: { [phase]: (exchange: Exchange) => void act(exchange) },
    });
    const service = (name: string, { address }: RawOrigin, more = {}) =>
      resource('service', { name, targets: [{ address }], ...more });
    proxy = await ProxyFixture.start({
      policies: [policy],
      resources: [
        service('orders', origin, { basePath: '/base' }),
        service('other', other, { basePath: '/v2', limits: { maxBodyBytes: 10 } }),
        service('guarded', other, {
          policies: [{ name: 'ip-restriction', config: { allow: ['10.0.0.0/8'] } }],
        }),
        resource('route', {
          name: 'orders',
          paths: ['/orders/*'],
          service: 'service-orders',
          rewrite: { stripPrefix: '/orders' },
          policies: [{ name: 'recording', mode }],
        }),
      ],
    });
    return proxy;
  };
  /** The request line and the fields that an upstream received. */
  const received = (at: RawOrigin): string => at.connections[0]?.received ?? '';
  const requestLine = (at: RawOrigin): string => received(at).split('\r\n')[0] ?? '';

  it.each(['receive', 'transform', 'answer'] as const)(
    'sets method, path and query in %s; log and metrics name what the client sent',
    async (phase) => {
      const seen: string[] = [];
      const running = await start((exchange) => {
        exchange.setMethod('PUT');
        exchange.setPath('/new/place');
        exchange.setQuery('a=1&b=%20');
        seen.push(`${exchange.method} ${exchange.path}?${exchange.query}`);
      }, phase);
      expect((await running.get('/orders/7?x=1')).status).toBe(200);
      expect(requestLine(origin)).toBe('PUT /new/place?a=1&b=%20 HTTP/1.1');
      expect(seen).toEqual(['GET /orders/7?x=1']);
      expect(await running.line(0)).toMatchObject({
        method: 'GET',
        path: '/orders/7',
        upstreamPath: '/new/place',
      });
      if (phase !== 'answer')
        expect(received(origin).toLowerCase()).not.toContain('x-forwarded-prefix');
    },
  );

  it('removes the query, and keeps rewrite and base path when only that changes', async () => {
    const running = await start((exchange) => exchange.setQuery(undefined));
    await running.get('/orders/7?x=1');
    expect(requestLine(origin)).toBe('GET /base/7 HTTP/1.1');
    expect(received(origin)).toContain('X-Forwarded-Prefix: /orders');
  });

  it.each(['receive', 'transform', 'answer'] as const)(
    'uses another service in %s, with its base path and its limits',
    async (phase) => {
      const results: boolean[] = [];
      const running = await start((exchange) => {
        results.push(exchange.useService('none'), exchange.useService('other'));
      }, phase);
      expect((await running.get('/orders/7?x=1')).status).toBe(200);
      expect(results).toEqual([false, true]);
      expect(requestLine(other)).toBe('GET /v2/7?x=1 HTTP/1.1');
      expect(await running.line(0)).toMatchObject({ service: 'other' });
      expect(running.counted('sluice_requests_total', { service: 'other' })).toBe(1);
      expect(running.counted('sluice_requests_total', { service: 'orders' })).toBe(0);
      const large = await running.send(
        'POST /orders/7 HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901',
        'POST',
      );
      expect(large.status).toBe(413);
    },
  );

  it('does not use a service whose own policies would be skipped', async () => {
    const running = await start((exchange) => exchange.useService('guarded'));
    expect((await running.get('/orders/7')).status).toBe(500);
    expect(String(running.notes.faults[0])).toContain('has policies or quotas of its own');
    expect(other.connections).toHaveLength(0);
  });

  it.each<[string, (exchange: Exchange) => unknown]>([
    ['a path with a dot segment', (exchange) => exchange.setPath('/a/../b')],
    ['a path with an empty segment', (exchange) => exchange.setPath('//evil.test/b')],
    ['a path with a line break', (exchange) => exchange.setPath('/a\r\nX-Evil: 1')],
    ['a path with a query', (exchange) => exchange.setPath('/a?b=c')],
    ['a path with an encoded slash', (exchange) => exchange.setPath('/a%2fb')],
    ['an encoded slash in upper case', (exchange) => exchange.setPath('/a%2Fb')],
    ['a relative path', (exchange) => exchange.setPath('a')],
    ['an empty path', (exchange) => exchange.setPath('')],
    ['a path that is too long', (exchange) => exchange.setPath(`/${'a'.repeat(8_192)}`)],
    ['a path that is none', (exchange) => exchange.setPath(7 as never)],
    ['a query with a fragment', (exchange) => exchange.setQuery('a#b')],
    ['a query with a space', (exchange) => exchange.setQuery('a b HTTP/1.1')],
    ['a query with a stray escape', (exchange) => exchange.setQuery('a=%zz')],
    ['an unknown method', (exchange) => exchange.setMethod('get')],
    ['a method with a space', (exchange) => exchange.setMethod('GET /x')],
    ['CONNECT', (exchange) => exchange.setMethod('CONNECT')],
    ['HEAD for GET', (exchange) => exchange.setMethod('HEAD')],
  ])('cannot set %s: nothing is sent', async (_, act) => {
    const running = await start(act);
    const response = await running.get('/orders/7');
    expect(response.status).toBe(500);
    expect(running.notes.faults[0]).toBeInstanceOf(TypeError);
    expect(origin.connections).toHaveLength(0);
  });

  it('changes nothing in shadow mode, and nothing of the next request', async () => {
    const change = (exchange: Exchange): void => {
      exchange.setMethod('PUT');
      exchange.setPath('/new');
      exchange.setQuery('a');
      exchange.useService('other');
    };
    const running = await start(change, 'transform', 'shadow');
    await running.get('/orders/7');
    expect(requestLine(origin)).toBe('GET /base/7 HTTP/1.1');
    expect(other.connections).toHaveLength(0);
    await running.stop();
    const once = await start((exchange) => {
      if (exchange.path === '/orders/1') exchange.setPath('/new');
    });
    const client = await once.connect();
    for (const path of ['/orders/1', '/orders/2'])
      await client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).readResponse();
    expect(origin.connections.map(({ received: text }) => text).join('')).toMatch(
      /GET \/new HTTP[\s\S]*GET \/base\/2 HTTP/,
    );
  });
});
