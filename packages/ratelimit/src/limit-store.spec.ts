import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testRedisUrl } from '@sluice/testkit';
import { windowBounds } from '@sluice/schema';
import type { LimitDecision, LimitRequest, LimitStore, TokenBucket } from './limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import { RedisStore } from './redis-store.ts';

/**
 * The contract of every store. Stores with their own clock use real time, so the numbers are
 * bounds.
 */
interface Harness {
  readonly store: LimitStore;
  now(): number;
  pass(ms: number): Promise<void>;
}

async function memoryHarness(): Promise<Harness> {
  let nowMs = Date.UTC(2027, 1, 3, 4, 5, 6, 7);
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs - Date.UTC(2027, 0) };
  return {
    store: new MemoryStore({ clock }),
    now: () => nowMs,
    pass: async (ms) => void (nowMs += ms),
  };
}

async function redisHarness(): Promise<Harness> {
  const store = new RedisStore({ url: testRedisUrl(), commandTimeoutMs: 5000 });
  await store.whenConnected(5000);
  return { store, now: () => Date.now(), pass: async (ms) => void (await sleep(ms)) };
}

/** So slow that nothing is refilled during a test. */
const slowly = 0.000_1;
const bucket = (burst: number, ratePerSecond = slowly): TokenBucket => ({
  algorithm: 'token-bucket',
  ratePerSecond,
  burst,
});
const perYear = (limit: number) => ({ algorithm: 'window', limit, period: 'year' }) as const;

describe.each([
  ['in memory', memoryHarness],
  ['in Redis', redisHarness],
])('a limit store %s', (_name, open) => {
  let harness: Harness;
  let key: string;

  beforeEach(async () => {
    harness = await open();
    key = randomUUID();
  });
  afterEach(() => harness.store.close());

  const take = async (
    requests: readonly LimitRequest[],
    cost?: number,
  ): Promise<readonly LimitDecision[]> => harness.store.take(requests, cost);
  const takeOne = async (
    rule: LimitRequest['rule'],
    cost?: number,
    at = key,
  ): Promise<LimitDecision> => (await take([{ key: at, rule }], cost))[0] as LimitDecision;

  it('admits the whole burst of a new key and then refuses', async () => {
    const first = await takeOne(bucket(3));
    expect(first).toMatchObject({ allowed: true, limit: 3, remaining: 2, retryAfterMs: 0 });
    expect(first.resetMs).toBeGreaterThan(9_990_000);
    expect((await takeOne(bucket(3))).remaining).toBe(1);
    expect((await takeOne(bucket(3))).remaining).toBe(0);
    const refused = await takeOne(bucket(3));
    expect(refused).toMatchObject({ allowed: false, limit: 3, remaining: 0 });
    expect(refused.retryAfterMs).toBeGreaterThan(9_900_000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(10_000_000);
    expect(refused.resetMs).toBeGreaterThan(29_900_000);
  });

  it('refills a bucket at its rate, up to its burst', async () => {
    const rule = bucket(2, 20);
    await takeOne(rule, 2);
    await harness.pass(60);
    expect((await takeOne(rule)).allowed).toBe(true);
    await harness.pass(300);
    expect(await takeOne(rule)).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('returns the time after which the same request is admitted', async () => {
    const rule = bucket(1, 4);
    await takeOne(rule);
    const { allowed, retryAfterMs } = await takeOne(rule);
    expect(allowed).toBe(false);
    expect(retryAfterMs).toBeGreaterThan(0);
    await harness.pass(retryAfterMs + 1);
    expect((await takeOne(rule)).allowed).toBe(true);
  });

  it('charges all limits or none', async () => {
    const [plenty, empty, window] = [`${key}-plenty`, `${key}-empty`, `${key}-window`];
    await takeOne(bucket(1), 1, empty);
    const answers = await take([
      { key: plenty, rule: bucket(5) },
      { key: empty, rule: bucket(1) },
      { key: window, rule: perYear(5) },
    ]);
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, false, true]);
    expect(answers.map(({ remaining }) => remaining)).toEqual([5, 0, 5]);
    expect(await takeOne(bucket(5), 0, plenty)).toMatchObject({ remaining: 5 });
    expect(await takeOne(perYear(5), 0, window)).toMatchObject({ remaining: 5 });
  });

  it('charges a key twice that appears twice, and neither when one is refused', async () => {
    const twice = [bucket(3), bucket(3)].map((rule) => ({ key, rule }));
    expect((await take(twice)).map(({ allowed }) => allowed)).toEqual([true, true]);
    expect((await take(twice)).map(({ allowed }) => allowed)).toEqual([true, false]);
    expect(await takeOne(bucket(3), 0)).toMatchObject({ remaining: 1 });
  });

  it('charges the cost, only reads at 0, and never admits more than the limit', async () => {
    expect(await takeOne(bucket(10), 7)).toMatchObject({ allowed: true, remaining: 3 });
    expect(await takeOne(bucket(10), 0)).toMatchObject({ allowed: true, remaining: 3 });
    expect(await takeOne(bucket(10), 4)).toMatchObject({ allowed: false, remaining: 3 });
    expect(await takeOne(bucket(10), 11)).toMatchObject({ allowed: false, retryAfterMs: Infinity });
    expect(await takeOne(perYear(10), 11)).toMatchObject({
      allowed: false,
      retryAfterMs: Infinity,
      remaining: 10,
    });
  });

  it('counts a calendar window to its end in UTC', async () => {
    expect(await takeOne(perYear(2))).toMatchObject({ allowed: true, limit: 2, remaining: 1 });
    expect((await takeOne(perYear(2))).allowed).toBe(true);
    const refused = await takeOne(perYear(2));
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    const leftMs = windowBounds('year', harness.now()).endMs - harness.now();
    expect(Math.abs(refused.resetMs - leftMs)).toBeLessThan(2000);
    expect(refused.retryAfterMs).toBe(refused.resetMs);
  });

  it('begins a new window when the old one has ended', async () => {
    const rule = { algorithm: 'window', limit: 1, period: 'second' } as const;
    const { resetMs } = await takeOne(rule);
    expect(resetMs).toBeLessThanOrEqual(1000);
    await harness.pass(resetMs + 5);
    expect((await takeOne(rule)).allowed).toBe(true);
  });

  it('counts a bucket and a window of the same key separately', async () => {
    await takeOne(bucket(1));
    expect((await takeOne(perYear(1))).allowed).toBe(true);
    expect((await takeOne(bucket(1))).allowed).toBe(false);
  });

  it('does not reset a limit whose numbers change', async () => {
    await takeOne(bucket(5), 5);
    await takeOne(perYear(5), 5);
    expect(await takeOne(bucket(10))).toMatchObject({ allowed: false, limit: 10, remaining: 0 });
    expect(await takeOne(perYear(7), 0)).toMatchObject({ limit: 7, remaining: 2 });
    expect(await takeOne(perYear(3))).toMatchObject({ allowed: false, limit: 3, remaining: 0 });
  });

  it('admits no more than the limit with many concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => takeOne(bucket(50))));
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(50);
  });

  it('returns no decisions for no requests', async () => {
    expect(await take([])).toEqual([]);
  });

  it.each([
    ['a cost below 0', () => take([{ key, rule: bucket(1) }], -1), /cost/],
    ['a cost that is no number', () => take([{ key, rule: bucket(1) }], Number.NaN), /cost/],
    ['a rate of 0', () => takeOne(bucket(1, 0)), /ratePerSecond/],
    ['a burst of 0', () => takeOne(bucket(0)), /burst/],
    ['a window of 1.5', () => takeOne(perYear(1.5)), /limit/],
  ])('throws a RangeError for %s', async (_what, ask, message) => {
    const fault = await ask().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(RangeError);
    expect(String(fault)).toMatch(message);
  });
});
