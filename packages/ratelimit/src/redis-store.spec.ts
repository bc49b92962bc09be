import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import { testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { windowBounds } from '@sluice/schema';
import { createLimitStore } from './create-limit-store.ts';
import type { LimitRequest, TokenBucket } from './limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { RedisDurability } from './redis-durability.ts';
import { reconnectDelayMs, RedisStore, type RedisStoreOptions } from './redis-store.ts';
import { calendarLua } from './take-script.ts';

const bucket = (burst: number, ratePerSecond = 0.001): TokenBucket => ({
  algorithm: 'token-bucket',
  ratePerSecond,
  burst,
});
const request = (key: string, rule: LimitRequest['rule'] = bucket(5)): LimitRequest[] => [
  { key, rule },
];

/** A TCP link to the real Redis that a test can silence or cut. */
class Link {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const { hostname, port } = new URL(testRedisUrl());
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on('data', (bytes) => {
        if (this.silent) return;
        if (this.delayMs > 0 && socket === far)
          setTimeout(() => other.writable && other.write(bytes), this.delayMs);
        else other.write(bytes);
      });
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy() && this.sockets.delete(socket));
    }
  });
  silent = false;
  /** Delay of answers, in milliseconds. */
  delayMs = 0;

  async open(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    const url = new URL(testRedisUrl());
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }
}

async function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (fault: unknown) => fault,
  );
}

describe('RedisStore', () => {
  let redis: Redis;
  let prefix: string;
  const stores: RedisStore[] = [];
  const links: Link[] = [];

  beforeAll(() => {
    redis = new Redis(testRedisUrl());
    prefix = testKeyPrefix();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    for (const link of links.splice(0)) await link.close();
  });
  afterAll(() => redis.disconnect());

  async function open(options: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
    const store = new RedisStore({
      url: testRedisUrl(),
      keyPrefix: prefix,
      commandTimeoutMs: 5000,
      ...options,
    });
    stores.push(store);
    await store.whenConnected(5000);
    return store;
  }

  async function openLink(): Promise<Link> {
    const link = new Link();
    links.push(link);
    await link.open();
    return link;
  }

  it('shares one count between nodes and admits at most burst + rate * T', async () => {
    const nodes = [await open(), await open(), await open()];
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
    const store = await open();
    await store.take([
      { key: 'ttl', rule: bucket(100, 0.1) },
      { key: 'ttl', rule: { algorithm: 'window', limit: 3, period: 'hour' } },
    ]);
    expect(await redis.get(`${prefix}{limits}:bucket:ttl`)).toMatch(/^99 \d{16}$/);
    expect(await redis.pttl(`${prefix}{limits}:bucket:ttl`)).toBeGreaterThan(8000);
    expect(await redis.pttl(`${prefix}{limits}:bucket:ttl`)).toBeLessThanOrEqual(11_000);
    const leftMs = windowBounds('hour', Date.now()).endMs - Date.now();
    expect(
      Math.abs((await redis.pttl(`${prefix}{limits}:window:ttl`)) - leftMs - 1000),
    ).toBeLessThan(2000);
  });

  it('writes nothing for a refusal', async () => {
    const store = await open();
    await store.take(request('full', bucket(1)));
    await store.take([...request('full', bucket(1)), ...request('untouched')]);
    expect(await redis.exists(`${prefix}{limits}:bucket:untouched`)).toBe(0);
  });

  it('refills nothing when the clock of Redis is behind the last use', async () => {
    const store = await open();
    await redis.set(`${prefix}{limits}:bucket:ahead`, `0 ${(Date.now() + 3_600_000) * 1000}`);
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
      const store = await open();
      const key = `clock-${name}`;
      await redis.set(`${prefix}{limits}:${kind}:${key}`, stored(40 * 86_400));
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
    const store = await open();
    const end = Math.ceil(Date.now() / 60_000) * 60;
    await redis.set(`${prefix}{limits}:window:near`, `1 ${end + 60}`);
    const inWindow = (
      await store.take(request('near', { algorithm: 'window', limit: 1, period: 'minute' }))
    )[0];
    expect(inWindow?.allowed).toBe(false);
    const at = (Date.now() + 900) * 1000;
    await redis.set(`${prefix}{limits}:bucket:near`, `0 ${at}`);
    await store.take(request('near', bucket(5, 1000)));
    expect(await redis.get(`${prefix}{limits}:bucket:near`)).toBe(`0 ${at}`);
  });

  it('loads its script again when Redis has dropped it', async () => {
    const store = await open();
    await store.take(request('script'));
    await redis.script('FLUSH');
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
    const ends = await redis.eval(script, 0, ...all.flat());
    expect(ends).toEqual(
      all.map(([period, second]) => windowBounds(period, second * 1000).endMs / 1000),
    );
  });

  it('rejects in time when Redis falls silent, replaces the connection and continues', async () => {
    const link = await openLink();
    const changes: boolean[] = [];
    const store = await open({
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
    const link = await openLink();
    const reasons: (string | undefined)[] = [];
    const store = await open({
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
    const again = new Link();
    links.push(again);
    await again.open(port);
    await store.whenConnected(5000);
    expect((await store.take(request('cut')))[0]?.allowed).toBe(true);
    expect(reasons).toHaveLength(3);
  });

  it('reports a Redis that was never reachable, and throws nothing', async () => {
    const link = await openLink();
    const { url } = link;
    await link.close();
    const store = new RedisStore({ url });
    stores.push(store);
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
    ['hangs', (link: Link) => void (link.silent = true)],
    ['answers after 200 ms', (link: Link) => void (link.delayMs = 200)],
  ])(
    'lets few takes wait, however long Redis %s, and counts again once it answers',
    async (_what, hinder) => {
      const link = await openLink();
      const changes: boolean[] = [];
      const store = await open({
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
    const link = await openLink();
    const store = await open({ url: link.url, commandTimeoutMs: 50 });
    link.silent = true;
    void faultOf(store.take(request('closing')));
    const startedMs = performance.now();
    await store.close();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('keeps the breaker closed when Redis refuses single commands', async () => {
    const store = await open();
    await redis.lpush(`${prefix}{limits}:bucket:list`, 'not a count');
    for (let time = 0; time < 20; time++)
      expect(await faultOf(store.take(request('list')))).toMatchObject({ code: 'policy_failed' });
    expect(store.available).toBe(true);
  });

  it('reports once how Redis persists its data', async () => {
    const link = await openLink();
    const told: RedisDurability[] = [];
    const store = await open({
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
    const [, save] = (await redis.config('GET', 'save')) as string[];
    const [, aof] = (await redis.config('GET', 'appendonly')) as string[];
    expect(told).toEqual([
      {
        persistence: aof === 'yes' ? 'append-only' : save === '' ? 'none' : 'snapshots',
        evictionPolicy: undefined,
      },
    ]);
  });

  it('bounds the number of waiting takes', async () => {
    const link = await openLink();
    const store = await open({ url: link.url, commandTimeoutMs: 100, maxPending: 2 });
    link.silent = true;
    const faults = await Promise.all([1, 2, 3].map(() => faultOf(store.take(request('busy')))));
    expect(faults.map((fault) => (fault as { cause: Error }).cause.message)).toEqual([
      'Redis did not answer within 100 ms',
      'Redis did not answer within 100 ms',
      '2 takes are waiting for Redis',
    ]);
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
