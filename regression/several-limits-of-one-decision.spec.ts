import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quotaCounts } from '../packages/policies/src/quota/quota-counts.ts';
import type { LimitRequest, LimitRule } from '../packages/ratelimit/src/limit-store.ts';
import { MemoryStore } from '../packages/ratelimit/src/memory-store.ts';
import { ManualClock } from '../packages/ratelimit/src/testing/manual-clock.ts';

const perDay = (limit: number): LimitRule => ({ algorithm: 'window', limit, period: 'day' });
const bucket = (burst: number): LimitRule => ({
  algorithm: 'token-bucket',
  ratePerSecond: 0.000_001,
  burst,
});

function admitted(store: MemoryStore, requests: readonly LimitRequest[], tries: number): number {
  let count = 0;
  for (let at = 0; at < tries; at++)
    if (store.take(requests).every(({ allowed }) => allowed)) count++;
  return count;
}

// The counter of the first limit was new, hence full, and was removed to make room for the second:
// what was then charged to it was lost.
describe('several limits in one decision, counted in memory', () => {
  it.each([
    ['two of one period', [3, 20]],
    ['the larger first', [20, 3]],
    ['eight', [3, 20, 30, 40, 50, 60, 70, 80]],
  ])('admit what the smallest admits: %s', (_, limits) => {
    const counts = quotaCounts([
      {
        id: 'q',
        name: 'da',
        scope: 'consumer:c',
        limits: limits.map((requests) => ({ requests, per: 'day' as const, burst: undefined })),
      },
    ]);
    expect(admitted(new MemoryStore({ clock: new ManualClock() }), counts, 100)).toBe(3);
    expect(new Set(counts.map((count) => count.labelAt(0).name)).size).toBe(limits.length);
  });

  it('never admit more than any of them, whatever limits, keys and room there are', () => {
    const request = fc.record({
      key: fc.integer({ min: 0, max: 7 }),
      limit: fc.constantFrom('one', 'two', undefined),
      size: fc.integer({ min: 1, max: 6 }),
      isBucket: fc.boolean(),
    });
    const decision = fc.uniqueArray(request, {
      minLength: 1,
      maxLength: 4,
      selector: ({ key }) => key,
    });
    fc.assert(
      fc.property(
        fc.array(decision, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 8 }),
        (decisions, maxKeys) => {
          const store = new MemoryStore({ clock: new ManualClock(), maxKeys });
          const spent = new Map<string, number>();
          // All keys of a limit have one rule: what its first key had.
          const rules = new Map<string, { readonly rule: LimitRule; readonly size: number }>();
          for (const asked of decisions) {
            const requests = asked.map(({ key, limit, size, isBucket }) => {
              const name = `${key} ${limit ?? ''}`;
              const known = rules.get(limit ?? name) ?? {
                rule: isBucket ? bucket(size) : perDay(size),
                size,
              };
              rules.set(limit ?? name, known).set(name, known);
              return { key: name, rule: known.rule, limit };
            });
            if (!store.take(requests).every(({ allowed }) => allowed)) continue;
            for (const { key } of requests) spent.set(key, (spent.get(key) ?? 0) + 1);
          }
          for (const [key, count] of spent)
            expect(count).toBeLessThanOrEqual(rules.get(key)?.size ?? 0);
        },
      ),
      { seed: 20_261_128, numRuns: 500 },
    );
  });
});
