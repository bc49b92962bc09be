import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { firstQueryValue } from './query-parameter.ts';

describe('firstQueryValue', () => {
  it.each([
    ['', 'a', undefined],
    ['a=1', 'a', '1'],
    ['a=1&a=2', 'a', '1'],
    ['b=1', 'a', undefined],
    ['ab=1&b=2', 'b', '2'],
    ['a', 'a', ''],
    ['a=', 'a', ''],
    ['a=b=c', 'a', 'b=c'],
    ['&&a=1', 'a', '1'],
    ['a&b=1', 'b', '1'],
    ['A=1', 'a', undefined],
    ['a=x+y%21', 'a', 'x y!'],
    ['%61=1', 'a', '1'],
    ['a=%C3%A9', 'a', 'é'],
    ['a=%zz', 'a', '%zz'],
    ['a=%E9', 'a', '%E9'],
    ['x=a=1', 'a', undefined],
  ])('%j %s', (query, name, value) => {
    expect(firstQueryValue(query, name)).toBe(value);
  });

  it('agrees with URLSearchParams where escapes are well-formed', () => {
    const piece = fc.constantFrom('a', 'b', '=', '&', '+', '%20', '%61', '%26', '1');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.constantFrom('a', 'b', 'a b', '&'),
        (pieces, name) => {
          const query = pieces.join('');
          expect(firstQueryValue(query, name)).toBe(
            new URLSearchParams(query).get(name) ?? undefined,
          );
        },
      ),
      { numRuns: 500, seed: 20261123 },
    );
  });

  it('takes time by the length of the query', () => {
    const start = performance.now();
    firstQueryValue('a&'.repeat(200_000), 'b');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
