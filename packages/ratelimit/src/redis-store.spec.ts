import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { windowBounds } from '@sluice/schema';
import { testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import fc from 'fast-check';
import { bucket, RedisFixture, request } from '../testing/redis-fixture.ts';
import { createLimitStore } from './create-limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import { reconnectDelayMs } from './redis-connection.ts';
import { RedisStore } from './redis-store.ts';
import { calendarLua } from './take-script.ts';

describe('RedisStore', () => {
  const fixture = new RedisFixture();
  beforeAll(() => fixture.connect());
  afterEach(() => fixture.closeAll());
  afterAll(() => fixture.disconnect());

  it('shares one count between nodes and admits at most burst + rate * T', async () => {
    const nodes = [await fixture.open(), await fixture.open(), await fixture.open()];
    const rule = bucket(20, 200);
    const startedMs = performance.now();
    let admitted = 0;
    const takeUntilMs = startedMs + 400;
    await Promise.all(
      nodes
        .flatMap((node) => [node, node])
        .map(async (node) => {
          while (performance.now() < takeUntilMs)
            if ((await node.take(request('shared', rule)))[0]?.allowed === true) admitted++;
        }),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    expect(admitted).toBeLessThanOrEqual(20 + 200 * seconds);
    expect(admitted).toBeGreaterThan(20);
  });

  it('stores every key under its prefix and lets it expire when its limit is full again', async () => {
    const store = await fixture.open();
    await store.take([
      { key: 'ttl', rule: bucket(100, 0.1) },
      { key: 'ttl', rule: { algorithm: 'window', limit: 3, period: 'hour' } },
    ]);
    expect(await fixture.redis.get(`${fixture.prefix}{limits}:bucket:ttl`)).toMatch(/^99 \d{16}$/);
    expect(await fixture.redis.pttl(`${fixture.prefix}{limits}:bucket:ttl`)).toBeGreaterThan(8000);
    expect(await fixture.redis.pttl(`${fixture.prefix}{limits}:bucket:ttl`)).toBeLessThanOrEqual(
      11_000,
    );
    const leftMs = windowBounds('hour', Date.now()).endMs - Date.now();
    expect(
      Math.abs((await fixture.redis.pttl(`${fixture.prefix}{limits}:window:ttl`)) - leftMs - 1000),
    ).toBeLessThan(2000);
  });

  it('writes nothing for a refusal', async () => {
    const store = await fixture.open();
    await store.take(request('full', bucket(1)));
    await store.take([...request('full', bucket(1)), ...request('untouched')]);
    expect(await fixture.redis.exists(`${fixture.prefix}{limits}:bucket:untouched`)).toBe(0);
  });

  it('refills nothing when the clock of Redis is behind the last use', async () => {
    const store = await fixture.open();
    await fixture.redis.set(
      `${fixture.prefix}{limits}:bucket:ahead`,
      `0 ${(Date.now() + 3_600_000) * 1000}`,
    );
    expect((await store.take(request('ahead', bucket(5, 1000))))[0]).toMatchObject({
      allowed: false,
      remaining: 0,
    });
  });

  it.each([
    [
      'window',
      'month',
      (aheadSeconds: number) => `1 ${Math.floor(Date.now() / 1000) + aheadSeconds}`,
      { algorithm: 'window', limit: 1, period: 'second' },
    ],
    [
      'bucket',
      'level',
      (aheadSeconds: number) => `0 ${(Math.floor(Date.now() / 1000) + aheadSeconds) * 1_000_000}`,
      bucket(1, 2),
    ],
  ] as const)(
    'a %s that was counted while the clock was 40 days ahead refuses for its own length at most, and gives nothing back',
    async (kind, name, stored, rule) => {
      const store = await fixture.open();
      const key = `clock-${name}`;
      await fixture.redis.set(`${fixture.prefix}{limits}:${kind}:${key}`, stored(40 * 86_400));
      const first = (await store.take(request(key, rule)))[0];
      expect(first).toMatchObject({ allowed: false, remaining: 0 });
      expect(first?.retryAfterMs).toBeLessThanOrEqual(1000);
      const startedMs = performance.now();
      while ((await store.take(request(key, rule)))[0]?.allowed !== true) {
        if (performance.now() - startedMs > 10_000) throw new Error('still refuses after 10 s');
        await sleep(20);
      }
    },
  );

  it('keeps a stored time less than a second ahead of the clock, as after a fail-over to another clock', async () => {
    const store = await fixture.open();
    const end = Math.ceil(Date.now() / 60_000) * 60;
    await fixture.redis.set(`${fixture.prefix}{limits}:window:near`, `1 ${end + 60}`);
    const inWindow = (
      await store.take(request('near', { algorithm: 'window', limit: 1, period: 'minute' }))
    )[0];
    expect(inWindow?.allowed).toBe(false);
    const at = (Date.now() + 900) * 1000;
    await fixture.redis.set(`${fixture.prefix}{limits}:bucket:near`, `0 ${at}`);
    await store.take(request('near', bucket(5, 1000)));
    expect(await fixture.redis.get(`${fixture.prefix}{limits}:bucket:near`)).toBe(`0 ${at}`);
  });

  it('loads its script again when Redis has dropped it', async () => {
    const store = await fixture.open();
    await store.take(request('script'));
    await fixture.redis.script('FLUSH');
    expect((await store.take(request('script')))[0]).toMatchObject({ allowed: true, remaining: 3 });
  });

  it('computes the same calendar as windowBounds', async () => {
    const script = `${calendarLua}
      local ends = {}
      for i = 1, #ARGV, 2 do table.insert(ends, windowEnd(ARGV[i], tonumber(ARGV[i + 1]))) end
      return ends`;
    const periods = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
    const samples = fc.sample(
      fc.tuple(fc.constantFrom(...periods), fc.integer({ min: 0, max: 16_725_225_600 })),
      { numRuns: 2000, seed: 7 },
    );
    const edges = ['1999-12-31', '2000-02-29', '2100-02-28', '2100-03-01', '2027-12-01'].flatMap(
      (day) =>
        periods.flatMap((period) =>
          [0, 86_399].map((second) => [period, Date.parse(day) / 1000 + second] as const),
        ),
    );
    const all = [...samples, ...edges];
    const ends = await fixture.redis.eval(script, 0, ...all.flat());
    expect(ends).toEqual(
      all.map(([period, second]) => windowBounds(period, second * 1000).endMs / 1000),
    );
  });

  it('refuses a URL that is not a Redis URL, without repeating it', () => {
    expect(() => new RedisStore({ url: 'http://user:secret@127.0.0.1' })).toThrow(
      /begins with redis:/,
    );
    expect(() => new RedisStore({ url: 'http://user:secret@127.0.0.1' })).not.toThrow(/secret/);
  });

  it('reconnects at a random time within a growing bound', () => {
    const delays = Array.from({ length: 200 }, () => reconnectDelayMs(3));
    expect(Math.max(...delays)).toBeLessThan(410);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(new Set(delays).size).toBeGreaterThan(20);
    expect(reconnectDelayMs(1_000_000)).toBeLessThanOrEqual(2010);
  });
});

describe('createLimitStore', () => {
  it('counts in Redis when a URL is given, otherwise in memory', async () => {
    const shared = createLimitStore({ redisUrl: testRedisUrl(), keyPrefix: testKeyPrefix() });
    expect(shared).toBeInstanceOf(RedisStore);
    await shared.close();
    expect(createLimitStore({ maxKeys: 5 })).toBeInstanceOf(MemoryStore);
  });
});
