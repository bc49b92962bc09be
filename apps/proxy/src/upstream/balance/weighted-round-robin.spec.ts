import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

const turns = (weights: number[], count: number): string => {
  const balance = new WeightedRoundRobin(weights);
  return Array.from({ length: count }, () => 'abcdefgh'[balance.next()]).join('');
};

describe('WeightedRoundRobin', () => {
  it.each([
    [[1, 1, 1], 'abcabcabc'],
    [[100, 100], 'abababab'],
    [[5, 1, 1], 'aaabcaaaaabcaa'],
    [[0, 1, 0, 1], 'bdbdbd'],
    [[7], 'aaaa'],
  ])('weights %j give %s', (weights, expected) => {
    expect(turns(weights, expected.length)).toBe(expected);
  });

  it('returns -1 when every weight is 0 or there is no entry', () => {
    expect(new WeightedRoundRobin([0, 0]).next()).toBe(-1);
    expect(new WeightedRoundRobin([]).next()).toBe(-1);
  });

  it('stays within one turn of the exact share of every entry, over any stretch from the start', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 12 }),
        fc.nat(300),
        (weights, count) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          fc.pre(total > 0);
          const balance = new WeightedRoundRobin(weights);
          const given = weights.map(() => 0);
          for (let turn = 0; turn < count; turn++) {
            const index = balance.next();
            given[index] = (given[index] ?? 0) + 1;
          }
          weights.forEach((weight, index) => {
            const share = (count * weight) / total;
            // Half a step of offset on either side, and ties: within one turn plus the shares of
            // the others' ties.
            expect(Math.abs((given[index] ?? 0) - share)).toBeLessThanOrEqual(
              1 + (weights.length * weight) / total,
            );
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives exact shares over a whole period', () => {
    const weights = [3, 1, 4, 1, 5, 9, 2, 6];
    const period = turns(weights, 31 * 10);
    expect(weights.map((_, index) => period.split('abcdefgh'[index] as string).length - 1)).toEqual(
      weights.map((weight) => weight * 10),
    );
  });
});
