import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { RawOrigin } from '../upstream/testing/raw-origin.ts';
import { removal, resource } from './testing/resources.ts';

const says = (content: string) => [{ name: 'static-response', config: { status: 200, content } }];

describe('state that a configuration change preserves', () => {
  let origins: RawOrigin[];
  let proxy: ProxyFixture;

  beforeEach(async () => {
    origins = [
      await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none'),
      await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo'),
    ];
    proxy = await ProxyFixture.start();
  });
  afterEach(async () => {
    await proxy.stop();
    for (const origin of origins) origin.stop();
  });

  const at = (index: number): string => origins[index]?.address ?? '';
  const service = (name: string, addresses: readonly string[], more: object = {}) =>
    resource('service', {
      name,
      targets: addresses.map((address) => ({ address })),
      health: { failures: 1, ejectMs: 60_000 },
      ...more,
    });
  const route = (name: string, more: object) =>
    resource('route', { name, paths: [`/${name}`], ...more });
  const status = async (path: string, ...fields: string[]): Promise<number> =>
    (await proxy.get(path, ...fields)).status;

  describe('compiled resources', () => {
    it('a change of the gateway applies to every route at once, and no route is compiled again', async () => {
      await proxy.apply([route('a', { policies: says('a') }), route('b', { policies: says('b') })]);
      await Promise.all([status('/a'), status('/b')]);
      const before = [...proxy.target.runtime.of('route').values()];
      const plansBefore = before.map(({ plans }) => plans);
      proxy.change(resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] }));
      expect([await status('/a'), await status('/b')]).toEqual([401, 401]);
      const after = [...proxy.target.runtime.of('route').values()];
      expect(after.every((each, index) => each === before[index])).toBe(true);
      expect(after.every(({ plans }, index) => plans !== plansBefore[index])).toBe(true);
    });

    it('a change of one route does not affect the plans of the others', async () => {
      await proxy.apply([
        service('orders', [at(0)]),
        route('a', { service: 'service-orders' }),
        route('b', { policies: says('b') }),
      ]);
      await Promise.all([status('/a'), status('/b')]);
      const a = proxy.target.runtime.find('route', 'route-a');
      const plans = a?.plans;
      proxy.change(route('b', { policies: says('b2') }));
      await status('/a');
      expect(proxy.target.runtime.find('route', 'route-a')).toBe(a);
      expect(a?.plans).toBe(plans);
    });

    it.each([
      [
        'a group',
        resource('group', {
          name: 'gold',
          policies: [{ name: 'rate-limit', config: { limit: 1, windowSeconds: 3_600 } }],
        }),
      ],
      [
        'a quota',
        resource('quota', { name: 'plan', limits: [{ requests: 1, per: 'hour', burst: 1 }] }),
      ],
      [
        'the consumer',
        resource('consumer', {
          username: 'acme',
          policies: [{ name: 'rate-limit', config: { limit: 1, windowSeconds: 3_600 } }],
        }),
      ],
    ])('a change of %s is seen by the consumer on the next request', async (_, change) => {
      const key = 'key-of-the-spec-0123456789';
      await proxy.apply([
        resource('gateway', { name: 'default', policies: [{ name: 'key-auth' }] }),
        resource('group', { name: 'gold' }),
        resource('quota', {
          name: 'plan',
          limits: [{ requests: 1_000, per: 'hour', burst: 1_000 }],
        }),
        resource('consumer', { username: 'acme', groups: ['group-gold'], quotas: ['quota-plan'] }),
        resource('credential', {
          type: 'key',
          name: 'main',
          consumer: 'consumer-acme',
          hash: createHash('sha256').update(key).digest('hex'),
          prefix: 'key',
        }),
        route('a', { policies: says('a') }),
      ]);
      const send = () => status('/a', `X-Api-Key: ${key}`);
      expect([await send(), await send(), await send()]).toEqual([200, 200, 200]);
      proxy.change(change);
      const after = [await send(), await send()];
      expect(after).toContain(429);
    });
  });

  describe('limits', () => {
    it('counts survive a configuration change of the route, of other routes, and of the limit itself', async () => {
      const limited = (limit: number, content: string) =>
        route('a', {
          policies: [
            { name: 'rate-limit', config: { limit, windowSeconds: 3_600, by: 'route' } },
            ...says(content),
          ],
        });
      await proxy.apply([limited(3, 'a')]);
      expect([await status('/a'), await status('/a')]).toEqual([200, 200]);
      proxy.change(route('b', { policies: says('b') }));
      proxy.change(limited(3, 'another'));
      expect([await status('/a'), await status('/a')]).toEqual([200, 429]);
      await proxy.apply([limited(3, 'a whole snapshot')]);
      expect(await status('/a')).toBe(429);
      proxy.change(limited(5, 'more'));
      // A bucket with a larger capacity refills over time, not at once.
      expect(await status('/a')).toBe(429);
    });

    it('quotas are counted per attachment and survive every configuration change', async () => {
      const quota = resource('quota', {
        name: 'plan',
        limits: [{ requests: 2, per: 'hour', burst: 2 }],
      });
      await proxy.apply([
        quota,
        route('a', { quotas: ['quota-plan'], policies: says('a') }),
        route('b', { quotas: ['quota-plan'], policies: says('b') }),
      ]);
      expect([await status('/a'), await status('/a')]).toEqual([200, 200]);
      proxy.change(
        route('a', { quotas: ['quota-plan'], policies: says('a2') }),
        quota,
        resource('gateway', { name: 'default', tags: ['x'] }),
      );
      expect([await status('/a'), await status('/b')]).toEqual([429, 200]);
    });
  });

  describe('targets', () => {
    it('connections and health of a target outlive every change that leaves it in place', async () => {
      const dead = await RawOrigin.answering('');
      const { address } = dead;
      dead.stop();
      const orders = (more: object = {}) =>
        service('orders', [at(0), address], { retries: { attempts: 1 }, ...more });
      await proxy.apply([orders(), route('a', { service: 'service-orders' })]);
      for (let turn = 0; turn < 3; turn++) expect(await status('/a')).toBe(200);
      const health = () =>
        [...proxy.target.runtime.of('service').values()].flatMap(({ upstream }) =>
          upstream.health().map(({ healthy }) => healthy),
        );
      expect(health()).toEqual([true, false]);
      expect(origins[0]?.connections).toHaveLength(1);

      proxy.change(orders({ basePath: '/v2' }));
      proxy.change(service('others', [at(0)]));
      await proxy.apply([
        orders({ timeouts: { totalMs: 5_000 } }),
        route('a', { service: 'service-orders' }),
      ]);
      // A refused delta compiles the service as well, in vain.
      proxy.target.applyDelta(50, [
        orders(),
        route('a', { service: 'service-orders', policies: [{ name: 'of-tomorrow' }] }),
      ]);
      expect(health()).toEqual([true, false]);
      for (let turn = 0; turn < 3; turn++) expect(await status('/a')).toBe(200);
      expect(origins[0]?.connections).toHaveLength(1);
    });

    it('connections of a removed target are closed after the requests in flight', async () => {
      const slow = await RawOrigin.start(({ socket }) =>
        socket.once('data', () =>
          setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), 40),
        ),
      );
      await proxy.apply([
        service('orders', [slow.address]),
        route('a', { service: 'service-orders' }),
      ]);
      const underWay = proxy.get('/a');
      await eventually(() => slow.connections.length === 1);
      proxy.change(
        removal(route('a', { policies: says('') })),
        removal(service('orders', [slow.address])),
      );
      expect(await underWay).toMatchObject({ status: 200, body: 'ok' });
      await eventually(() => slow.connections.every(({ closed }) => closed));
      expect(proxy.upstreams.connections()).toEqual([]);
      slow.stop();
    });

    it('removed services release all their resources', async () => {
      await proxy.apply([service('orders', [at(0)]), route('a', { service: 'service-orders' })]);
      // More than the series limit of a metric.
      for (let turn = 0; turn < 220; turn++) {
        const passing = [1, 2, 3, 4, 5].map((each) => service(`s-${turn}-${each}`, [at(1)]));
        proxy.change(service('orders', [at(turn % 2)], { basePath: `/v${turn}` }), ...passing);
        expect(
          proxy.target.applyDelta(turn, [
            service('orders', [at(0)]),
            service('broken', [at(1)], { policies: [{ name: 'of-tomorrow' }] }),
          ]).applied,
        ).toBe(false);
        proxy.change(
          removal(service('broken', [at(1)])),
          ...passing.map(removal),
          service('orders', [at(0)]),
        );
      }
      expect(proxy.upstreams.connections().map(({ address }) => address)).toEqual([at(0)]);
      expect(proxy.counted('sluice_metric_series_overflow_total')).toBe(0);
    });
  });

  describe('a split', () => {
    it('sends each branch its share', async () => {
      await proxy.apply([
        service('one', [at(0)]),
        service('two', [at(1)]),
        service('none', [at(1)]),
        route('a', {
          split: [
            { service: 'service-one', weight: 90 },
            { service: 'service-none', weight: 0 },
            { service: 'service-two', weight: 10 },
          ],
        }),
      ]);
      const { runtime } = proxy.target;
      const chosen = new Map<string, number>();
      const picks = 20_000;
      const a = runtime.find('route', 'route-a');
      if (a === undefined) throw new Error('there is a route');
      for (let pick = 0; pick < picks; pick++) {
        const name = runtime.planFor(a).service?.name ?? '';
        chosen.set(name, (chosen.get(name) ?? 0) + 1);
      }
      expect(chosen.has('none')).toBe(false);
      // Seven standard deviations: once in a hundred thousand million runs.
      const deviation = Math.sqrt(picks * 0.9 * 0.1);
      expect(Math.abs((chosen.get('one') ?? 0) - picks * 0.9)).toBeLessThan(7 * deviation);
      const bodies = new Set<string>();
      for (let turn = 0; turn < 200 && bodies.size < 2; turn++)
        bodies.add((await proxy.get('/a')).body);
      expect([...bodies].sort()).toEqual(['one', 'two']);
    });

    it('with a missing branch refuses only the share of that branch', async () => {
      await proxy.apply([
        service('one', [at(0)]),
        route('a', {
          split: [
            { service: 'service-one', weight: 1 },
            { service: 'service-gone', weight: 1 },
          ],
        }),
      ]);
      const statuses = new Set<number>();
      for (let turn = 0; turn < 200 && statuses.size < 2; turn++) statuses.add(await status('/a'));
      expect([...statuses].sort()).toEqual([200, 503]);
    });
  });

  describe('counts of a route', () => {
    it('continue when it is changed', async () => {
      await proxy.apply([route('a', { policies: says('a') })]);
      await status('/a');
      proxy.change(route('a', { policies: says('a2') }));
      await status('/a');
      await proxy.apply([route('a', { policies: says('a3') })]);
      await status('/a');
      await eventually(
        () => proxy.counted('sluice_requests_total', { route: 'a', status: '200' }) === 3,
      );
    });

    /** Counts a request on the route with this id, as `settle` does. */
    const count = (id: string): void => {
      const { runtime } = proxy.target;
      const found = runtime.find('route', id);
      if (found === undefined) throw new Error('there is such a route');
      runtime.planFor(found).metrics.record(200, 1, 1, 1);
    };

    it('release their series when it moves to another service', async () => {
      await proxy.apply([route('a', { policies: says('a') })]);
      // More services, one after the other, than the series limit of a metric.
      for (let turn = 0; turn < 5_100; turn++) {
        const named = { ...service(`s-${turn}`, [at(0)]), id: 'service-s' };
        proxy.change(named, ...(turn === 0 ? [route('a', { service: 'service-s' })] : []));
        count('route-a');
      }
      expect(proxy.counted('sluice_requests_total', { service: 's-5099' })).toBe(1);
      expect(proxy.counted('sluice_metric_series_overflow_total')).toBe(0);
    });

    it('release their series when it is removed or renamed', async () => {
      await proxy.apply([]);
      const named = (name: string) => ({
        ...resource('route', { name, paths: ['/x'], policies: says('x') }),
        id: 'route-x',
      });
      // More routes than the series limit of a metric; half of them are renamed, half removed.
      for (let turn = 0; turn < 1_100; turn++) {
        if (turn % 2 === 1) proxy.change({ ...named('x'), spec: undefined });
        proxy.change(named(`r-${turn}`));
        count('route-x');
      }
      expect(proxy.counted('sluice_requests_total', { route: 'r-1099' })).toBe(1);
      expect(proxy.counted('sluice_metric_series_overflow_total')).toBe(0);
    });
  });
});
