import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import fc from 'fast-check';
import { windowBounds } from '@sluice/schema';
import type { LimitDecision, LimitRule, TokenBucket } from './limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { worstExcess, type Admitted } from './testing/worst-excess.ts';

const allowed = (answers: readonly LimitDecision[]): boolean =>
  answers.every((answer) => answer.allowed);
const bucket = (burst: number, ratePerSecond: number): TokenBucket => ({
  algorithm: 'token-bucket',
  ratePerSecond,
  burst,
});

const anyBucket = fc.record({
  burst: fc.integer({ min: 1, max: 20 }),
  ratePerSecond: fc.double({ min: 0.01, max: 500, noNaN: true }),
});
const anySteps = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 400 }), key: fc.integer({ min: 0, max: 5 }) }),
  { maxLength: 120, size: 'max' },
);

describe('MemoryStore', () => {
  it('admits at most burst + rate * T in every interval, however few keys it may hold', () => {
    fc.assert(
      fc.property(
        anyBucket,
        anySteps,
        fc.integer({ min: 1, max: 6 }),
        ({ burst, ratePerSecond }, steps, maxKeys) => {
          const clock = new ManualClock();
          const store = new MemoryStore({ clock, maxKeys });
          const rule = bucket(burst, ratePerSecond);
          const admitted = new Map<number, Admitted[]>();
          for (const { waitMs, key } of steps) {
            clock.nowMs += waitMs;
            if (!allowed(store.take([{ key: `${key}`, rule }]))) continue;
            admitted.set(key, [...(admitted.get(key) ?? []), { atMs: clock.nowMs, cost: 1 }]);
          }
          expect(store.size).toBeLessThanOrEqual(maxKeys);
          for (const ofOne of admitted.values())
            expect(worstExcess(ofOne, rule)).toBeLessThanOrEqual(1e-9);
        },
      ),
      { seed: 20_271_123, numRuns: 300 },
    );
  });

  it('wastes less than one token while the keys fit', () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock });
    const rule = bucket(10, 100);
    let admitted = 0;
    for (let ms = 0; ms <= 1000; ms++, clock.nowMs++)
      if (allowed(store.take([{ key: 'a', rule }]))) admitted++;
    expect(admitted).toBeGreaterThanOrEqual(109);
    expect(admitted).toBeLessThanOrEqual(110);
  });

  it('admits at most the limit in every calendar window, however few keys it may hold', () => {
    fc.assert(
      fc.property(
        anySteps,
        fc.constantFrom('second', 'minute', 'month'),
        fc.integer({ min: 1, max: 5 }),
        (steps, period, maxKeys) => {
          const clock = new ManualClock();
          const store = new MemoryStore({ clock, maxKeys });
          const rule: LimitRule = { algorithm: 'window', limit: 3, period };
          const admitted = new Map<string, number>();
          for (const { waitMs, key } of steps) {
            clock.nowMs += waitMs;
            if (!allowed(store.take([{ key: `${key}`, rule }]))) continue;
            const window = `${key} ${windowBounds(period, clock.nowMs).startMs}`;
            admitted.set(window, (admitted.get(window) ?? 0) + 1);
          }
          for (const count of admitted.values()) expect(count).toBeLessThanOrEqual(3);
        },
      ),
      { seed: 20_271_123, numRuns: 200 },
    );
  });

  it('gives nothing back when the clocks step back, and continues when they have caught up', () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock });
    const requests = [
      { key: 'a', rule: bucket(1, 1) },
      { key: 'a', rule: { algorithm: 'window', limit: 1, period: 'minute' } },
    ] as const;
    expect(allowed(store.take(requests))).toBe(true);
    clock.nowMs -= 3_600_000;
    expect(store.take(requests).map((answer) => answer.allowed)).toEqual([false, false]);
    clock.nowMs += 3_661_000;
    expect(allowed(store.take(requests))).toBe(true);
  });

  it('forgets keys whose counters are full again', () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock, maxKeys: 1000 });
    for (let key = 0; key < 1000; key++) store.take([{ key: `old-${key}`, rule: bucket(1, 10) }]);
    clock.nowMs += 101;
    for (let key = 0; key < 1000; key++)
      store.take([{ key: `new-${key}`, rule: bucket(1, 0.001) }]);
    expect(store.size).toBe(1000);
    expect(store.take([{ key: 'new-0', rule: bucket(1, 0.001) }])[0]?.allowed).toBe(false);
    expect(store.take([{ key: 'new-999', rule: bucket(1, 0.001) }])[0]?.allowed).toBe(false);
  });

  it('lets new keys share the floor of their limit, when it is full of keys in use', () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock, maxKeys: 2 });
    const rule = bucket(1, 0.001);
    const take = (key: string): boolean => allowed(store.take([{ key, rule }]));
    expect([take('a'), take('b')]).toEqual([true, true]);
    expect([take('c'), take('d'), take('e')]).toEqual([true, false, false]);
    expect([take('a'), take('b')]).toEqual([false, false]);
    expect(store.size).toBe(2);
  });

  it('starts a key at the shared count, so that it cannot spend twice', () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock, maxKeys: 1 });
    const fast = bucket(1, 1000);
    const slow = bucket(2, 0.001);
    store.take([{ key: 'a', rule: fast }]);
    expect(allowed(store.take([{ key: 'b', rule: slow }], 2))).toBe(true);
    clock.nowMs += 10;
    expect(allowed(store.take([{ key: 'b', rule: slow }]))).toBe(false);
    expect(store.size).toBe(1);
  });

  it('fails when there is no room for another rule, and recovers when others are full again', () => {
    const clock = new ManualClock();
    const store = new MemoryStore({ clock, maxKeys: 1 });
    store.take([{ key: 'first', rule: bucket(1, 0.001) }]);
    const take = (rule: number): readonly LimitDecision[] =>
      store.take([{ key: `${rule}`, rule: bucket(1, 1 + rule) }]);
    for (let rule = 0; rule < 9_999; rule++) take(rule);
    expect(() => take(10_000)).toThrow(
      new GatewayError('policy_failed', {
        detail: 'Too many limits are in use at once. Try again later.',
      }),
    );
    clock.nowMs += 1001;
    expect(allowed(take(10_000))).toBe(true);
  });

  it('answers without a promise', () => {
    expect(Array.isArray(new MemoryStore().take([{ key: 'a', rule: bucket(1, 1) }]))).toBe(true);
  });

  it.each([0, 1.5, 20_000_000])('refuses maxKeys of %p', (maxKeys) => {
    expect(() => new MemoryStore({ maxKeys })).toThrow(RangeError);
  });
});
