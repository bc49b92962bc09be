import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';

describe('backoffMs', () => {
  it('is between 0 and a bound that doubles up to 5 s', () => {
    const bounds = Array.from({ length: 9 }, (_, attempt) => backoffMs(attempt, () => 1));
    expect(bounds).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const ms = backoffMs(attempt, () => random);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThan(5000.001);
        },
      ),
    );
  });

  it('spreads a thousand nodes evenly over the time', () => {
    const delays = Array.from({ length: 1000 }, () => backoffMs(10));
    for (let tenth = 0; tenth < 10; tenth++) {
      const inside = delays.filter((ms) => ms >= tenth * 500 && ms < (tenth + 1) * 500).length;
      expect(inside).toBeGreaterThan(50);
      expect(inside).toBeLessThan(160);
    }
  });
});
