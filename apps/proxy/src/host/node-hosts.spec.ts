import { afterEach, describe, expect, it } from '@jest/globals';
import { definePolicy, definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { removal, resource } from '../runtime/testing/resources.ts';
import { FaultyServer } from './testing/faulty-server.ts';

let proxy: ProxyFixture | undefined;
afterEach(() => proxy?.stop());

/** Takes everything from its host, then compiles or throws, as its configuration says. */
const greedy = definePolicy({
  schema: definePolicySchema({
    name: 'greedy',
    summary: 'Takes everything from its host.',
    phases: ['authorize'],
    config: z.strictObject({ throws: z.boolean(), url: z.string() }),
  }),
  compile({ throws, url }, host) {
    const http = host.http({ allowPrivateAddresses: true });
    host.timers.every(1_000, () => undefined);
    host.cache.set('key', 'value', { ttlMs: 60_000 });
    host.state('state', () => ({}));
    host.metrics.counter('compilations_total', 'Compilations.').add(1);
    if (throws) throw new Error('this configuration cannot be used');
    return {
      async authorize(exchange) {
        await http.request(url, { exchange });
        return undefined;
      },
    };
  },
});

const routeWith = (throws: boolean, url = 'http://127.0.0.1/') =>
  resource('route', {
    name: 'greedy',
    paths: ['/*'],
    policies: [
      { name: 'greedy', config: { throws, url } },
      { name: 'static-response', config: { content: 'ok' } },
    ],
  });

describe('the hosts of a node', () => {
  it('are closed when compile throws', async () => {
    proxy = await ProxyFixture.start({ policies: [greedy] });
    await expect(proxy.apply([routeWith(true)])).rejects.toThrow('cannot be used');
    await eventually(() => proxy?.hosts.openCount === 0);
    expect(proxy.hosts.cacheBytes).toBe(0);
    expect(proxy.counted('sluice_policy_greedy_compilations_total')).toBe(1);
  });

  it('are closed with their route, and with the process', async () => {
    const service = await FaultyServer.start();
    const route = routeWith(false, service.url('/ok'));
    proxy = await ProxyFixture.start({ policies: [greedy], resources: [route] });
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const { body } = await proxy.get('/', `traceparent: 00-${trace}-b7ad6b7169203331-01`);
    expect(body).toBe('ok');
    expect(service.heads[0]).toMatch(new RegExp(`traceparent: 00-${trace}-[0-9a-f]{16}-01`));
    expect([proxy.hosts.openCount, service.sockets.size]).toEqual([1, 1]);
    proxy.change(removal(route));
    await eventually(() => proxy?.hosts.openCount === 0 && service.sockets.size === 0);
    expect(proxy.hosts.cacheBytes).toBe(0);
    proxy.change(route);
    await proxy.get('/');
    expect([proxy.hosts.openCount, service.sockets.size]).toEqual([1, 1]);
    await proxy.stop();
    expect(proxy.hosts.openCount).toBe(0);
    await eventually(() => service.sockets.size === 0);
    await service.stop();
  });
});
