import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { windowBounds } from '@sluice/schema';
import type { FullTable } from './counter-table.ts';
import type { LimitRule, TokenBucket } from './limit-store.ts';
import { MemoryStore } from './memory-store.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { worstExcess, type Admitted } from './testing/worst-excess.ts';

const bucket = (burst: number, ratePerSecond = 0.001): TokenBucket => ({
  algorithm: 'token-bucket',
  ratePerSecond,
  burst,
});
const perMonth = (limit: number): LimitRule => ({ algorithm: 'window', limit, period: 'month' });

function setUp(maxKeys: number) {
  const clock = new ManualClock(Date.UTC(2027, 6, 1));
  const told: FullTable[] = [];
  const store = new MemoryStore({ clock, maxKeys, onFull: (full) => told.push(full) });
  const take = (limit: string, key: string, rule: LimitRule): boolean =>
    store.take([{ limit, key: `${limit}|${key}`, rule }])[0]?.allowed === true;
  const takeAll = (limit: string, key: string, rule: LimitRule, times: number): number =>
    Array.from({ length: times }, () => take(limit, key, rule)).filter(Boolean).length;
  return { clock, store, told, take, takeAll };
}

describe('a full table of counters', () => {
  it.each([
    ['buckets', bucket(10)],
    ['buckets of one', bucket(1)],
    ['windows', perMonth(10)],
    ['windows of one', perMonth(1)],
  ])(
    'admits the new callers of a limit while another one is flooded with made-up keys: %s',
    (_, rule) => {
      const { store, told, take, takeAll } = setUp(2_000);
      const size = rule.algorithm === 'window' ? rule.limit : rule.burst;
      let wrong = 0;
      for (let nth = 0; nth < 10_000; nth++) {
        take('flooded', `made-up-${nth}`, rule);
        // Both limits have the same numbers, so only the name of the limit distinguishes them.
        if (nth % 500 === 0 && takeAll('other', `caller-${nth}`, rule, 11) !== size) wrong++;
      }
      expect(wrong).toBe(0);
      expect(store.size).toBeLessThanOrEqual(2_000);
      expect(told[0]).toEqual({ limit: 'flooded', size: 2_000 });
      expect(new Set(told.map(({ limit }) => limit))).toEqual(new Set(['flooded']));
    },
  );

  it('keeps every caller of both limits within the limit, with any requests in between', () => {
    const step = fc.record({
      limit: fc.constantFrom('one', 'two', 'three'),
      key: fc.integer({ min: 0, max: 8 }),
      cost: fc.integer({ min: 0, max: 3 }),
      waitMs: fc.integer({ min: 0, max: 300 }),
    });
    const anyRule = fc.oneof(
      fc.record({
        algorithm: fc.constant('token-bucket' as const),
        burst: fc.integer({ min: 1, max: 6 }),
        ratePerSecond: fc.double({ min: 0.01, max: 50, noNaN: true }),
      }),
      fc.record({
        algorithm: fc.constant('window' as const),
        limit: fc.integer({ min: 1, max: 6 }),
        period: fc.constantFrom('second' as const, 'minute' as const),
      }),
    );
    fc.assert(
      fc.property(
        anyRule,
        fc.array(step, { maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 12 }),
        (rule, steps, maxKeys) => {
          const { clock, store } = setUp(maxKeys);
          const admitted = new Map<string, Admitted[]>();
          for (const { limit, key, cost, waitMs } of steps) {
            clock.nowMs += waitMs;
            const name = `${limit}|${key}`;
            if (store.take([{ limit, key: name, rule }], cost)[0]?.allowed === true)
              admitted.set(name, [...(admitted.get(name) ?? []), { atMs: clock.nowMs, cost }]);
            expect(store.size).toBeLessThanOrEqual(2 * maxKeys);
          }
          for (const ofOne of admitted.values()) {
            if (rule.algorithm === 'token-bucket')
              expect(worstExcess(ofOne, rule)).toBeLessThanOrEqual(1e-9);
            else
              for (const count of perWindow(ofOne, rule.period))
                expect(count).toBeLessThanOrEqual(rule.limit);
          }
        },
      ),
      { seed: 20_271_130, numRuns: 200 },
    );
  });

  it('still admits new callers of the flooded limit, with less than the limit when they need more', () => {
    const { take, takeAll } = setUp(1_000);
    const rule = bucket(100);
    for (let nth = 0; nth < 5_000; nth++) take('flooded', `made-up-${nth}`, rule);
    const admitted = takeAll('flooded', 'honest', rule, 200);
    expect(admitted).toBeGreaterThan(90);
    expect(admitted).toBeLessThanOrEqual(100);
  });

  it('keeps the callers that have used the most of the flooded limit, and limits them exactly', () => {
    const { take, takeAll } = setUp(1_000);
    const rule = bucket(100);
    const usedBefore = Array.from({ length: 50 }, (_, nth) =>
      takeAll('flooded', `busy-${nth}`, rule, 60),
    );
    expect(usedBefore).toEqual(Array(50).fill(60));
    for (let nth = 0; nth < 20_000; nth++) take('flooded', `made-up-${nth}`, rule);
    expect(
      Array.from({ length: 50 }, (_, nth) => takeAll('flooded', `busy-${nth}`, rule, 60)),
    ).toEqual(Array(50).fill(40));
  });

  it('does not remove counters in use because of a limit without requests', () => {
    const { clock, store, take } = setUp(1_000);
    for (let nth = 0; nth < 1_000; nth++) take('past', `caller-${nth}`, bucket(1, 1));
    clock.nowMs += 2_000;
    for (let nth = 0; nth < 600; nth++)
      expect(take('present', `caller-${nth}`, bucket(1))).toBe(true);
    // Full buckets are removed two at a time while others are added.
    expect(store.size).toBeLessThanOrEqual(1_000);
    for (let nth = 0; nth < 600; nth++)
      expect(take('present', `caller-${nth}`, bucket(1))).toBe(false);
  });

  it('stays within its bound under a long flood', () => {
    const { store, take } = setUp(6_000);
    for (let nth = 0; nth < 60_000; nth++) take('flooded', `${nth}`, bucket(10));
    expect(store.size).toBe(6_000);
    expect(take('other', 'caller', bucket(10))).toBe(true);
  });
});

function perWindow(admitted: readonly Admitted[], period: 'second' | 'minute'): Iterable<number> {
  const counts = new Map<number, number>();
  for (const { atMs, cost } of admitted) {
    const { startMs } = windowBounds(period, atMs);
    counts.set(startMs, (counts.get(startMs) ?? 0) + cost);
  }
  return counts.values();
}
