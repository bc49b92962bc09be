import { describe, expect, it } from '@jest/globals';
import { windowSecondsOf } from './limit-rule.ts';
import type { LimitDecision } from './limit-store.ts';
import {
  limitFieldValues,
  limitLabel,
  retryAfterSeconds,
  type LabelledLimit,
} from './rate-limit-headers.ts';

const decision = (facts: Partial<LimitDecision>): LimitDecision => ({
  allowed: true,
  limit: 100,
  remaining: 42,
  resetMs: 17_000,
  retryAfterMs: 0,
  ...facts,
});

const labelled = (
  name: string,
  windowSeconds: number,
  facts: Partial<LimitDecision> = {},
): LabelledLimit => ({
  label: limitLabel(
    name,
    { algorithm: 'token-bucket', burst: facts.limit ?? 100, ratePerSecond: 1 },
    windowSeconds,
  ),
  decision: decision(facts),
});

describe('limitFieldValues', () => {
  it('writes the fields of draft 11 and the X-RateLimit fields', () => {
    expect(limitFieldValues([labelled('burst', 60)])).toEqual({
      policy: '"burst";q=100;w=60',
      state: '"burst";r=42;t=17',
      limit: '100',
      remaining: '42',
      reset: '17',
    });
  });

  it('lists every limit; the X-RateLimit fields describe the one with the least left', () => {
    const values = limitFieldValues([
      labelled('second', 1, { limit: 5, remaining: 3, resetMs: 400 }),
      labelled('month', 2_678_400, { limit: 1000, remaining: 2, resetMs: 86_400_001 }),
    ]);
    expect(values).toEqual({
      policy: '"second";q=5;w=1, "month";q=1000;w=2678400',
      state: '"second";r=3;t=1, "month";r=2;t=86401',
      limit: '1000',
      remaining: '2',
      reset: '86401',
    });
  });

  it('describes the limit that refuses longest in the X-RateLimit fields', () => {
    const limits = [
      labelled('a', 1, { allowed: false, limit: 5, remaining: 0, resetMs: 900, retryAfterMs: 10 }),
      labelled('b', 60, {
        allowed: false,
        limit: 9,
        remaining: 1,
        resetMs: 4000,
        retryAfterMs: 3001,
      }),
      labelled('c', 60, { limit: 7, remaining: 0, resetMs: 4000 }),
    ];
    expect(limitFieldValues(limits)?.limit).toBe('9');
    expect(retryAfterSeconds(limits.map((limit) => limit.decision))).toBe(4);
  });

  it('returns undefined without limits', () => {
    expect(limitFieldValues([])).toBeUndefined();
  });

  it('quotes names as structured field strings and refuses others', () => {
    expect(limitFieldValues([labelled('a"b\\c', 1)])?.state).toBe('"a\\"b\\\\c";r=42;t=17');
    expect(() => labelled('größe', 1)).toThrow(/printable ASCII/);
  });
});

describe('retryAfterSeconds', () => {
  it.each([
    [0.4, 1],
    [1000, 1],
    [1001, 2],
    [Number.POSITIVE_INFINITY, undefined],
  ])('turns %p ms into %p', (retryAfterMs, seconds) => {
    expect(retryAfterSeconds([decision({ allowed: false, retryAfterMs })])).toBe(seconds);
  });

  it('is undefined when nothing refuses', () => {
    expect(retryAfterSeconds([decision({})])).toBeUndefined();
  });
});

describe('windowSecondsOf', () => {
  const at = Date.UTC(2028, 1, 10);

  it('is the time to fill a bucket, or the length of the window', () => {
    expect(
      windowSecondsOf({ algorithm: 'token-bucket', ratePerSecond: 100 / 60, burst: 100 }, at),
    ).toBe(60);
    expect(windowSecondsOf({ algorithm: 'token-bucket', ratePerSecond: 100, burst: 5 }, at)).toBe(
      1,
    );
    expect(windowSecondsOf({ algorithm: 'window', limit: 1, period: 'month' }, at)).toBe(
      29 * 86_400,
    );
    expect(windowSecondsOf({ algorithm: 'window', limit: 1, period: 'second' }, at)).toBe(1);
  });
});
