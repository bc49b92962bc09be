import { RedisLink } from '@sluice/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import { bucket, faultOf, RedisFixture, request } from '../testing/redis-fixture.ts';
import type { RedisDurability } from './redis-durability.ts';
import { RedisStore } from './redis-store.ts';

describe('RedisStore', () => {
  const fixture = new RedisFixture();
  beforeAll(() => fixture.connect());
  afterEach(() => fixture.closeAll());
  afterAll(() => fixture.disconnect());

  it('rejects in time when Redis falls silent, replaces the connection and continues', async () => {
    const link = await fixture.openLink();
    const changes: boolean[] = [];
    const store = await fixture.open({
      url: link.url,
      commandTimeoutMs: 50,
      onAvailabilityChange: (available) => changes.push(available),
    });
    link.silent = true;
    const startedMs = performance.now();
    const fault = await faultOf(store.take(request('silent')));
    const lastedMs = performance.now() - startedMs;
    expect(fault).toBeInstanceOf(GatewayError);
    expect(fault).toMatchObject({
      code: 'policy_failed',
      cause: { message: 'Redis did not answer within 50 ms' },
    });
    expect(lastedMs).toBeGreaterThanOrEqual(49);
    expect(lastedMs).toBeLessThan(1000);
    while (store.connected) await sleep(20);
    link.silent = false;
    await store.whenConnected(5000);
    expect((await store.take(request('silent')))[0]?.allowed).toBe(true);
    expect(changes).toEqual([true, false, true]);
  });

  it('rejects immediately while the connection is down, and reconnects', async () => {
    const link = await fixture.openLink();
    const reasons: (string | undefined)[] = [];
    const store = await fixture.open({
      url: link.url,
      onAvailabilityChange: (_available, reason) => reasons.push(reason),
    });
    const { port } = link;
    const waiting = faultOf(store.take(request('cut')));
    link.silent = true;
    await link.close();
    expect([undefined, 'policy_failed']).toContain(
      ((await waiting) as GatewayError | undefined)?.code,
    );
    while (store.connected) await sleep(5);
    const startedMs = performance.now();
    expect(await faultOf(store.take(request('cut')))).toMatchObject({ code: 'policy_failed' });
    expect(performance.now() - startedMs).toBeLessThan(500);
    const again = new RedisLink();
    fixture.links.push(again);
    await again.open(port);
    await store.whenConnected(5000);
    expect((await store.take(request('cut')))[0]?.allowed).toBe(true);
    expect(reasons).toHaveLength(3);
  });

  it('reports a Redis that was never reachable, and throws nothing', async () => {
    const link = await fixture.openLink();
    const { url } = link;
    await link.close();
    const store = new RedisStore({ url });
    fixture.stores.push(store);
    expect(await faultOf(store.take(request('unreachable')))).toMatchObject({
      code: 'policy_failed',
      status: 503,
    });
    expect(await faultOf(store.whenConnected(100))).toMatchObject({
      code: 'policy_failed',
      cause: { message: expect.stringContaining('ECONNREFUSED') },
    });
    expect(store.connected).toBe(false);
  });

  it.each([
    ['hangs', (link: RedisLink) => void (link.silent = true)],
    ['answers after 200 ms', (link: RedisLink) => void (link.delayMs = 200)],
  ])(
    'lets few takes wait, however long Redis %s, and counts again once it answers',
    async (_what, hinder) => {
      const link = await fixture.openLink();
      const changes: boolean[] = [];
      const store = await fixture.open({
        url: link.url,
        commandTimeoutMs: 50,
        onAvailabilityChange: (available) => changes.push(available),
      });
      hinder(link);
      const reasons = new Map<string, number>();
      const untilMs = performance.now() + 2_500;
      let takes = 0;
      while (performance.now() < untilMs) {
        const fault = (await faultOf(store.take(request('slow', bucket(1000))))) as
          { cause: Error } | undefined;
        const reason = fault?.cause.message ?? 'counted';
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        if (++takes % 10 === 0) await sleep(5);
      }
      // One after the other, five takes wait for Redis; all others reject immediately.
      expect(reasons.get('Redis did not answer within 50 ms')).toBeLessThanOrEqual(5);
      expect(
        reasons.get('Redis does not answer in time and is not asked until it does'),
      ).toBeGreaterThan(100);
      expect(store.available).toBe(false);
      link.silent = false;
      link.delayMs = 0;
      const startedMs = performance.now();
      while (!store.available) {
        if (performance.now() - startedMs > 10_000)
          throw new Error('not available again after 10 s');
        await sleep(20);
      }
      expect((await store.take(request('slow', bucket(1000))))[0]?.allowed).toBe(true);
      expect(changes).toEqual([true, false, true]);
    },
  );

  it('closes in bounded time while Redis hangs', async () => {
    const link = await fixture.openLink();
    const store = await fixture.open({ url: link.url, commandTimeoutMs: 50 });
    link.silent = true;
    void faultOf(store.take(request('closing')));
    const startedMs = performance.now();
    await store.close();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('keeps the breaker closed when Redis refuses single commands', async () => {
    const store = await fixture.open();
    await fixture.redis.lpush(`${fixture.prefix}{limits}:bucket:list`, 'not a count');
    for (let time = 0; time < 20; time++)
      expect(await faultOf(store.take(request('list')))).toMatchObject({ code: 'policy_failed' });
    expect(store.available).toBe(true);
  });

  it('reports once how Redis persists its data', async () => {
    const link = await fixture.openLink();
    const told: RedisDurability[] = [];
    const store = await fixture.open({
      url: link.url,
      onDurability: (durability) => told.push(durability),
    });
    const one = async (): Promise<void> => {
      const untilMs = performance.now() + 5_000;
      while (told.length === 0 && performance.now() < untilMs) await sleep(10);
    };
    await one();
    link.cut();
    await store.whenConnected(5_000);
    await sleep(100);
    const [, save] = (await fixture.redis.config('GET', 'save')) as string[];
    const [, aof] = (await fixture.redis.config('GET', 'appendonly')) as string[];
    expect(told).toEqual([
      {
        persistence: aof === 'yes' ? 'append-only' : save === '' ? 'none' : 'snapshots',
        evictionPolicy: undefined,
      },
    ]);
  });

  it('bounds the number of waiting takes', async () => {
    const link = await fixture.openLink();
    const store = await fixture.open({ url: link.url, commandTimeoutMs: 100, maxPending: 2 });
    link.silent = true;
    const faults = await Promise.all([1, 2, 3].map(() => faultOf(store.take(request('busy')))));
    expect(faults.map((fault) => (fault as { cause: Error }).cause.message)).toEqual([
      'Redis did not answer within 100 ms',
      'Redis did not answer within 100 ms',
      '2 takes are waiting for Redis',
    ]);
  });
});
