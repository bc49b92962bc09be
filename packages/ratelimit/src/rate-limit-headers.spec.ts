import { describe, expect, it } from '@jest/globals';
import { windowSecondsOf } from './limit-rule.ts';
import type { LimitDecision } from './limit-store.ts';
import { limitLabel, rateLimitHeaders, retryAfterSeconds, type LabelledLimit } from './rate-limit-headers.ts';

const decision = (facts: Partial<LimitDecision>): LimitDecision => ({ allowed: true, limit: 100, remaining: 42, resetMs: 17_000, retryAfterMs: 0, ...facts });

const labelled = (name: string, windowSeconds: number, facts: Partial<LimitDecision> = {}): LabelledLimit => ({
  label: limitLabel(name, { algorithm: 'token-bucket', burst: facts.limit ?? 100, ratePerSecond: 1 }, windowSeconds),
  decision: decision(facts),
});

describe('rateLimitHeaders', () => {
  it('writes the fields of draft 11 and the triple', () => {
    expect(rateLimitHeaders([labelled('burst', 60)])).toEqual([
      ['RateLimit-Policy', '"burst";q=100;w=60'],
      ['RateLimit', '"burst";r=42;t=17'],
      ['X-RateLimit-Limit', '100'],
      ['X-RateLimit-Remaining', '42'],
      ['X-RateLimit-Reset', '17'],
    ]);
  });

  it('lists every limit; the triple speaks of the one with the least left', () => {
    const fields = new Map(
      rateLimitHeaders([
        labelled('second', 1, { limit: 5, remaining: 3, resetMs: 400 }),
        labelled('month', 2_678_400, { limit: 1000, remaining: 2, resetMs: 86_400_001 }),
      ]),
    );
    expect(fields.get('RateLimit-Policy')).toBe('"second";q=5;w=1, "month";q=1000;w=2678400');
    expect(fields.get('RateLimit')).toBe('"second";r=3;t=1, "month";r=2;t=86401');
    expect(fields.get('X-RateLimit-Limit')).toBe('1000');
    expect(fields.has('Retry-After')).toBe(false);
  });

  it('tells the longest wait when limits refuse, and lets the triple speak of it', () => {
    const fields = new Map(
      rateLimitHeaders([
        labelled('a', 1, { allowed: false, limit: 5, remaining: 0, resetMs: 900, retryAfterMs: 10 }),
        labelled('b', 60, { allowed: false, limit: 9, remaining: 1, resetMs: 4000, retryAfterMs: 3001 }),
        labelled('c', 60, { limit: 7, remaining: 0, resetMs: 4000 }),
      ]),
    );
    expect(fields.get('Retry-After')).toBe('4');
    expect(fields.get('X-RateLimit-Limit')).toBe('9');
  });

  it('is empty without limits', () => {
    expect(rateLimitHeaders([])).toEqual([]);
  });

  it('quotes names as structured field strings and refuses others', () => {
    expect(rateLimitHeaders([labelled('a"b\\c', 1)])[1]?.[1]).toBe('"a\\"b\\\\c";r=42;t=17');
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
    expect(windowSecondsOf({ algorithm: 'token-bucket', ratePerSecond: 100 / 60, burst: 100 }, at)).toBe(60);
    expect(windowSecondsOf({ algorithm: 'token-bucket', ratePerSecond: 100, burst: 5 }, at)).toBe(1);
    expect(windowSecondsOf({ algorithm: 'window', limit: 1, period: 'month' }, at)).toBe(29 * 86_400);
    expect(windowSecondsOf({ algorithm: 'window', limit: 1, period: 'second' }, at)).toBe(1);
  });
});
