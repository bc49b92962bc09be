import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { IntegerMap } from './integer-map.ts';

describe('IntegerMap', () => {
  it('behaves as a Map does, over any sequence of changes', () => {
    const key = fc.oneof(
      fc.integer({ min: -4, max: 4 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    );
    const change = fc.tuple(fc.boolean(), key, fc.integer({ min: 1, max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const map = new IntegerMap();
        const model = new Map<number, number>();
        for (const [isSet, at, value] of changes) {
          if (isSet) map.set(at, value);
          else map.delete(at);
          if (isSet) model.set(at, value);
          else model.delete(at);
          expect(map.size).toBe(model.size);
        }
        for (const [, at] of changes) expect(map.get(at)).toBe(model.get(at) ?? 0);
      }),
      { numRuns: 500, seed: 20261123 },
    );
  });

  it('keeps every key reachable while neighbours in the same run of slots go', () => {
    const map = new IntegerMap();
    const keys = Array.from({ length: 5000 }, (_, index) => Math.imul(index, 0x0100_0193));
    keys.forEach((key, index) => map.set(key, index + 1));
    keys.forEach((key, index) => {
      if (index % 3 !== 0) map.delete(key);
    });
    const wrong = keys.filter((key, index) => map.get(key) !== (index % 3 === 0 ? index + 1 : 0));
    expect(wrong).toEqual([]);
    expect(map.size).toBe(Math.ceil(keys.length / 3));
  });
});
