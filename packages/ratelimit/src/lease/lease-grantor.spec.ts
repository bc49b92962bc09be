import { describe, expect, it } from '@jest/globals';
import type { CalendarWindow, TokenBucket } from '../limit-store.ts';
import { MemoryStore } from '../memory-store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { LeaseReport } from './lease.ts';
import { LeaseGrantor } from './lease-grantor.ts';

const bucket: TokenBucket = { algorithm: 'token-bucket', ratePerSecond: 1_000, burst: 1_600 };
const window: CalendarWindow = { algorithm: 'window', limit: 1_600, period: 'minute' };
const report = (more: Partial<LeaseReport> = {}): LeaseReport => ({
  key: 'k',
  rule: bucket,
  spent: 0,
  returned: 0,
  wanted: 0,
  ...more,
});

describe('LeaseGrantor', () => {
  const setUp = (
    holders = 2,
    maxKeys = 100,
  ): {
    clock: ManualClock;
    store: MemoryStore;
    grantor: LeaseGrantor;
    left: (rule?: typeof bucket | typeof window) => number;
  } => {
    const clock = new ManualClock(Date.UTC(2027, 0, 1));
    const store = new MemoryStore({ clock, maxKeys });
    return {
      clock,
      store,
      grantor: new LeaseGrantor(store, holders),
      left: (rule = bucket) => store.take([{ key: 'k', rule }], 0)[0]?.remaining ?? -1,
    };
  };

  it.each([
    ['the demand, when it is small', 20, 2, 20],
    ['a share of the rest, when the demand is larger', 1_000, 2, 100],
    ['a smaller one when there are more holders', 1_000, 20, 10],
    ['nothing when the share would save too few requests', 1_000, 40, 0],
    ['nothing when the demand is too small', 7, 2, 0],
  ])('grants %s', (_, wanted, holders, granted) => {
    for (const rule of [bucket, window]) {
      const { grantor, left } = setUp(holders);
      expect(grantor.renew(report({ rule, wanted }))).toMatchObject({
        granted,
        left: 1_600 - granted,
      });
      expect(left(rule)).toBe(1_600 - granted);
    }
  });

  it('returns the expiry of a lease', () => {
    const { grantor } = setUp();
    expect(grantor.renew(report({ wanted: 10 })).endMs).toBe(Number.POSITIVE_INFINITY);
    expect(grantor.renew(report({ rule: window, wanted: 10 })).endMs).toBe(
      Date.UTC(2027, 0, 1, 0, 1),
    );
  });

  it('does not refill a lease, and refills it once it is reported as spent', () => {
    const { clock, grantor, left } = setUp();
    expect(grantor.renew(report({ wanted: 100 })).granted).toBe(100);
    clock.nowMs += 10_000;
    expect(left()).toBe(1_500);
    grantor.renew(report({ spent: 60 }));
    expect(left()).toBe(1_500);
    clock.nowMs += 50;
    expect(left()).toBe(1_550);
    clock.nowMs += 10_000;
    expect(left()).toBe(1_560);
    grantor.renew(report({ returned: 40 }));
    expect(left()).toBe(1_600);
    expect(grantor.size).toBe(0);
  });

  it('settles nothing twice, and no more than was granted', () => {
    for (const rule of [bucket, window]) {
      const { grantor, left } = setUp();
      grantor.renew(report({ rule, wanted: 100 }));
      grantor.renew(report({ rule, spent: 10, returned: 500 }));
      expect(left(rule)).toBe(1_590);
      grantor.renew(report({ rule, returned: 90 }));
      expect(left(rule)).toBe(1_590);
    }
  });

  it('accepts no return for a window that has ended', () => {
    const { clock, grantor, left } = setUp();
    grantor.renew(report({ rule: window, wanted: 100 }));
    clock.nowMs += 60_000;
    expect(left(window)).toBe(1_600);
    expect(
      grantor.renew(report({ rule: window, spent: 10, returned: 90, wanted: 50 })),
    ).toMatchObject({ granted: 50, left: 1_550 });
    grantor.renew(report({ rule: window, returned: 50 }));
    expect(left(window)).toBe(1_600);
  });

  it('counts the leases of a disconnected holder as spent', () => {
    const { clock, grantor, left } = setUp();
    grantor.renew(report({ wanted: 100 }));
    grantor.renew(report({ rule: window, wanted: 100 }));
    clock.nowMs += 5_000;
    grantor.forfeit();
    expect(grantor.size).toBe(0);
    expect([left(), left(window)]).toEqual([1_500, 1_500]);
    clock.nowMs += 100;
    expect([left(), left(window)]).toEqual([1_600, 1_500]);
  });

  it('a report under a rule that is no longer in use does not restore its rate', () => {
    const { clock, store, grantor } = setUp();
    grantor.renew(report({ wanted: 100 }));
    const slow: TokenBucket = { algorithm: 'token-bucket', ratePerSecond: 1, burst: 10 };
    store.take([{ key: 'k', rule: slow }], 0);
    clock.nowMs += 1_000;
    grantor.renew(report({ spent: 100 }));
    const left = (): number | undefined => store.take([{ key: 'k', rule: slow }], 0)[0]?.remaining;
    // The leases exceed the burst of the new rule.
    expect(left()).toBe(0);
    clock.nowMs += 2_000;
    expect(left()).toBe(2);
  });

  it('leases nothing of a counter that several keys share', () => {
    const { store, grantor } = setUp(1, 1);
    store.take([{ key: 'other', rule: bucket }], 1_000);
    store.take([{ key: 'k', rule: bucket }]);
    expect(grantor.renew(report({ wanted: 100 }))).toEqual({
      granted: 0,
      left: 0,
      endMs: Number.POSITIVE_INFINITY,
    });
    expect(grantor.size).toBe(0);
  });

  it('refuses an invalid rule', () => {
    expect(() =>
      setUp().grantor.renew(report({ rule: { ...bucket, burst: 0 }, wanted: 10 })),
    ).toThrow(RangeError);
  });

  it('keeps the counter of a lease, however many keys are added', () => {
    const { clock, store, grantor } = setUp(2, 10);
    grantor.renew(report({ wanted: 100 }));
    clock.nowMs += 60_000;
    for (let other = 0; other < 100; other++, clock.nowMs += 10_000)
      store.take([{ key: `${other}`, rule: bucket }]);
    expect(store.take([{ key: 'k', rule: bucket }], 0)[0]?.remaining).toBe(1_500);
  });
});
