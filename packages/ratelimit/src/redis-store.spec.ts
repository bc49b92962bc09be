import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import { testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { windowBounds } from './calendar.ts';
import { createLimitStore } from './create-limit-store.ts';
import type { LimitRequest, TokenBucket } from './limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import { reconnectDelayMs, RedisStore, type RedisStoreOptions } from './redis-store.ts';
import { calendarLua } from './take-script.ts';

const bucket = (burst: number, ratePerSecond = 0.001): TokenBucket => ({ algorithm: 'token-bucket', ratePerSecond, burst });
const request = (key: string, rule: LimitRequest['rule'] = bucket(5)): LimitRequest[] => [{ key, rule }];

/** A TCP link to the real Redis that can fall silent or be cut. */
class Link {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const { hostname, port } = new URL(testRedisUrl());
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      this.sockets.add(socket);
      socket.on('data', (bytes) => void (this.silent || other.write(bytes)));
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy() && this.sockets.delete(socket));
    }
  });
  silent = false;

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
    const store = new RedisStore({ url: testRedisUrl(), keyPrefix: prefix, commandTimeoutMs: 5000, ...options });
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

  it('shares one count between nodes and keeps to burst + rate * T', async () => {
    const nodes = [await open(), await open(), await open()];
    const rule = bucket(20, 200);
    const startedMs = performance.now();
    let admitted = 0;
    const takeUntilMs = startedMs + 400;
    await Promise.all(
      nodes.flatMap((node) => [node, node]).map(async (node) => {
        while (performance.now() < takeUntilMs) if ((await node.take(request('shared', rule)))[0]?.allowed === true) admitted++;
      }),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    expect(admitted).toBeLessThanOrEqual(20 + 200 * seconds);
    expect(admitted).toBeGreaterThan(20);
  });

  it('keeps every key under its prefix and lets it expire once it says nothing any more', async () => {
    const store = await open();
    await store.take([
      { key: 'ttl', rule: bucket(100, 0.1) },
      { key: 'ttl', rule: { algorithm: 'window', limit: 3, period: 'hour' } },
    ]);
    expect(await redis.get(`${prefix}{limits}:bucket:ttl`)).toMatch(/^99 \d{16}$/);
    expect(await redis.pttl(`${prefix}{limits}:bucket:ttl`)).toBeGreaterThan(8000);
    expect(await redis.pttl(`${prefix}{limits}:bucket:ttl`)).toBeLessThanOrEqual(11_000);
    const leftMs = windowBounds('hour', Date.now()).endMs - Date.now();
    expect(Math.abs((await redis.pttl(`${prefix}{limits}:window:ttl`)) - leftMs - 1000)).toBeLessThan(2000);
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
    expect((await store.take(request('ahead', bucket(5, 1000))))[0]).toMatchObject({ allowed: false, remaining: 0 });
  });

  it('loads its script again when Redis has forgotten it', async () => {
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
    const samples = fc.sample(fc.tuple(fc.constantFrom(...periods), fc.integer({ min: 0, max: 16_725_225_600 })), { numRuns: 2000, seed: 7 });
    const edges = ['1999-12-31', '2000-02-29', '2100-02-28', '2100-03-01', '2027-12-01'].flatMap((day) =>
      periods.flatMap((period) => [0, 86_399].map((second) => [period, Date.parse(day) / 1000 + second] as const)),
    );
    const all = [...samples, ...edges];
    const ends = await redis.eval(script, 0, ...all.flat());
    expect(ends).toEqual(all.map(([period, second]) => windowBounds(period, second * 1000).endMs / 1000));
  });

  it('rejects in time when Redis falls silent, replaces the connection and goes on', async () => {
    const link = await openLink();
    const changes: boolean[] = [];
    const store = await open({ url: link.url, commandTimeoutMs: 50, onConnectionChange: (connected) => changes.push(connected) });
    link.silent = true;
    const startedMs = performance.now();
    const fault = await faultOf(store.take(request('silent')));
    const lastedMs = performance.now() - startedMs;
    expect(fault).toBeInstanceOf(GatewayError);
    expect(fault).toMatchObject({ code: 'policy_failed', cause: { message: 'Redis did not answer within 50 ms' } });
    expect(lastedMs).toBeGreaterThanOrEqual(49);
    expect(lastedMs).toBeLessThan(1000);
    while (store.connected) await sleep(20);
    link.silent = false;
    await store.whenConnected(5000);
    expect((await store.take(request('silent')))[0]?.allowed).toBe(true);
    expect(changes).toEqual([true, false, true]);
  });

  it('rejects at once while the connection is gone, and comes back by itself', async () => {
    const link = await openLink();
    const reasons: (string | undefined)[] = [];
    const store = await open({ url: link.url, onConnectionChange: (_connected, reason) => reasons.push(reason) });
    const { port } = link;
    const waiting = faultOf(store.take(request('cut')));
    link.silent = true;
    await link.close();
    expect([undefined, 'policy_failed']).toContain(((await waiting) as GatewayError | undefined)?.code);
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

  it('says so when no Redis was ever there, and harms nobody', async () => {
    const link = await openLink();
    const { url } = link;
    await link.close();
    const store = new RedisStore({ url });
    stores.push(store);
    expect(await faultOf(store.take(request('nobody')))).toMatchObject({ code: 'policy_failed', status: 503 });
    expect(await faultOf(store.whenConnected(100))).toMatchObject({ code: 'policy_failed', cause: { message: expect.stringContaining('ECONNREFUSED') } });
    expect(store.connected).toBe(false);
  });

  it('lets only so many takes wait', async () => {
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

  it('refuses an address that is none of Redis, without repeating it', () => {
    expect(() => new RedisStore({ url: 'http://user:secret@127.0.0.1' })).toThrow(/begins with redis:/);
    expect(() => new RedisStore({ url: 'http://user:secret@127.0.0.1' })).not.toThrow(/secret/);
  });

  it('comes back at a random time within a growing bound', () => {
    const delays = Array.from({ length: 200 }, () => reconnectDelayMs(3));
    expect(Math.max(...delays)).toBeLessThan(410);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(new Set(delays).size).toBeGreaterThan(20);
    expect(reconnectDelayMs(1_000_000)).toBeLessThanOrEqual(2010);
  });
});

describe('createLimitStore', () => {
  it('counts in Redis when it is given one, otherwise in memory', async () => {
    const shared = createLimitStore({ redisUrl: testRedisUrl(), keyPrefix: testKeyPrefix() });
    expect(shared).toBeInstanceOf(RedisStore);
    await shared.close();
    expect(createLimitStore({ maxKeys: 5 })).toBeInstanceOf(MemoryStore);
  });
});
