import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CalendarWindow, LimitDecision, LimitRule, TokenBucket } from '../limit-store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { LeaseReport } from './lease.ts';
import { Leases } from './leases.ts';

const bucket: TokenBucket = { algorithm: 'token-bucket', ratePerSecond: 1_000, burst: 10_000 };
const window: CalendarWindow = { algorithm: 'window', limit: 10_000, period: 'minute' };

describe('Leases', () => {
  let clock: ManualClock;
  let leases: Leases;
  let reports: (LeaseReport & { readonly id: number })[];
  beforeEach(() => {
    clock = new ManualClock(Date.UTC(2027, 0, 1));
    reports = [];
    leases = new Leases((report, id) => reports.push({ ...report, id }), clock);
  });
  afterEach(() => leases.close());

  const take = (cost = 1, rule: LimitRule = bucket, key = 'k'): LimitDecision | undefined =>
    leases.take({ key, rule }, cost);
  const takeMany = (count: number, rule: LimitRule = bucket): number =>
    Array.from({ length: count }, () => take(1, rule)).filter((decision) => decision !== undefined)
      .length;
  const grant = (granted: number, { left = 9_000, endMs = Number.POSITIVE_INFINITY } = {}): void =>
    leases.granted(reports.at(-1)?.id ?? 0, { granted, left, endMs });

  it('requests leases only of frequently used limits', () => {
    expect(takeMany(7)).toBe(0);
    expect(reports).toEqual([]);
    expect(takeMany(1)).toBe(0);
    expect(reports).toEqual([{ key: 'k', rule: bucket, spent: 0, returned: 0, wanted: 16, id: 1 }]);
    // One renewal at a time.
    expect(takeMany(20)).toBe(0);
    expect(reports).toHaveLength(1);
  });

  it('admits from a lease, and returns what the limit has left', () => {
    takeMany(8);
    grant(100);
    expect(take()).toEqual({
      allowed: true,
      limit: 10_000,
      remaining: 9_099,
      resetMs: 901,
      retryAfterMs: 0,
    });
    expect(take(3)).toMatchObject({ allowed: true, remaining: 9_096 });
    expect(take(97)).toBeUndefined();
    expect(take(96)).toMatchObject({ allowed: true, remaining: 9_000 });
    expect(take()).toBeUndefined();
  });

  it('renews a lease before it runs out, by the expected demand', () => {
    takeMany(8);
    grant(16);
    expect(takeMany(7)).toBe(7);
    expect(reports).toHaveLength(1);
    expect(takeMany(1)).toBe(1);
    expect(reports).toHaveLength(2);
    expect(reports[1]).toMatchObject({ id: 2, spent: 8, returned: 0, wanted: 32 });
    expect(takeMany(8)).toBe(8);
    grant(32);
    expect(takeMany(33)).toBe(32);
  });

  it.each([0, 0.5, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'admits nothing for a cost of %s',
    (cost) => {
      takeMany(8);
      grant(100);
      expect(take(cost)).toBeUndefined();
      expect(takeMany(100)).toBe(100);
    },
  );

  it('waits before the next renewal when nothing was granted', () => {
    takeMany(8);
    grant(0);
    expect(takeMany(100)).toBe(0);
    expect(reports).toHaveLength(1);
    leases.sweep();
    takeMany(1);
    expect(reports).toHaveLength(2);
  });

  it('returns unused leases after two periods, and forgets the limit', () => {
    takeMany(8);
    grant(50);
    takeMany(10);
    leases.sweep();
    expect(reports.at(-1)).toMatchObject({ spent: 10, returned: 0, id: 0 });
    leases.sweep();
    expect(reports).toHaveLength(2);
    leases.sweep();
    expect(reports.at(-1)).toMatchObject({ spent: 0, returned: 40, wanted: 0, id: 0 });
    expect(leases.size).toBe(0);
    expect(take()).toBeUndefined();
  });

  it('returns more than it needs', () => {
    takeMany(8);
    grant(500);
    takeMany(2);
    leases.sweep();
    // It served twenty requests in two such periods.
    expect(reports.at(-1)).toMatchObject({ spent: 2, returned: 478 });
    expect(takeMany(30)).toBe(20);
  });

  it('does so on a timer', async () => {
    takeMany(8);
    grant(100);
    for (let turn = 0; turn < 100 && leases.size > 0; turn++) await sleep(20);
    expect(leases.size).toBe(0);
    expect(reports.reduce((sum, { returned }) => sum + returned, 0)).toBe(100);
  });

  it('a lease of a window expires with the window', () => {
    const endMs = Date.UTC(2027, 0, 1, 0, 1);
    takeMany(8, window);
    grant(100, { endMs });
    clock.nowMs = endMs - 40;
    expect(take(1, window)).toMatchObject({ remaining: 9_099, resetMs: 40 });
    clock.nowMs = endMs;
    expect(takeMany(10, window)).toBe(0);
    // Nothing remains to settle.
    expect(reports.at(-1)).toMatchObject({ spent: 0, returned: 0, wanted: 20 });
    grant(20, { endMs: endMs + 60_000 });
    expect(takeMany(30, window)).toBe(20);
    clock.nowMs += 60_000;
    const before = reports.length;
    for (let period = 0; period < 3; period++) leases.sweep();
    expect(reports.slice(before).reduce((sum, { returned }) => sum + returned, 0)).toBe(0);
  });

  it('a grant for the next window does not preserve the lease of the current one', () => {
    const endMs = Date.UTC(2027, 0, 1, 0, 1);
    takeMany(8, window);
    grant(16, { endMs });
    takeMany(8, window);
    clock.nowMs = endMs;
    // Requested before the end, and granted after it.
    grant(20, { endMs: endMs + 60_000 });
    expect(takeMany(30, window)).toBe(20);
  });

  it('a lease is returned when the numbers change', () => {
    takeMany(8);
    grant(100);
    takeMany(4);
    const other = { ...bucket, burst: 20 };
    expect(take(1, other)).toBeUndefined();
    expect(reports.at(-2)).toEqual({
      key: 'k',
      rule: bucket,
      spent: 4,
      returned: 96,
      wanted: 0,
      id: 0,
    });
    expect(reports.at(-1)).toMatchObject({ rule: other, spent: 0, returned: 0, id: 2 });
    // The numbers change during a renewal.
    expect(take(1, bucket)).toBeUndefined();
    leases.granted(2, { granted: 10, left: 0, endMs: Number.POSITIVE_INFINITY });
    expect(reports.at(-1)).toEqual({
      key: 'k',
      rule: other,
      spent: 0,
      returned: 10,
      wanted: 0,
      id: 0,
    });
    expect(take(1, bucket)).toBeUndefined();
  });

  it('the same numbers in another object are the same', () => {
    takeMany(8);
    grant(100);
    expect(take(1, { ...bucket })).toMatchObject({ allowed: true });
    takeMany(8, window);
    grant(100, { endMs: Number.MAX_SAFE_INTEGER });
    expect(take(1, { ...window })).toMatchObject({ allowed: true });
  });

  it('a grant for an unknown report changes nothing', () => {
    leases.granted(0, { granted: 5, left: 5, endMs: Number.POSITIVE_INFINITY });
    leases.granted(9, { granted: 5, left: 5, endMs: Number.POSITIVE_INFINITY });
    expect(take()).toBeUndefined();
  });

  it('tracks ten thousand limits at most', () => {
    for (let key = 0; key < 10_001; key++)
      for (let nth = 0; nth < 2; nth++) take(4, bucket, `${key}`);
    expect(leases.size).toBe(10_000);
    expect(reports).toHaveLength(10_000);
    for (let period = 0; period < 3; period++) leases.sweep();
    // Limits that wait for a grant stay.
    expect(leases.size).toBe(10_000);
    for (const { id } of reports.filter((report) => report.id > 0))
      leases.granted(id, { granted: 0, left: 0, endMs: Number.POSITIVE_INFINITY });
    leases.sweep();
    expect(leases.size).toBe(0);
  });
});
