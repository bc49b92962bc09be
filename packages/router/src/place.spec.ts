import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compileRoute } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { Place } from './place.ts';
import type { RouteSpec } from './route.ts';

function candidate(priority: number): Candidate<RouteSpec> {
  const [only] = compileRoute({
    id: `r${priority}`,
    hosts: [],
    paths: ['/x'],
    methods: [],
    headers: {},
    query: {},
    priority,
  });
  if (only === undefined) throw new Error('a route with a path has a candidate');
  return only;
}

describe('Place', () => {
  it('keeps its candidates in order of precedence, whatever comes and goes', () => {
    const all = Array.from({ length: 8 }, (_, priority) => candidate(priority));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 30 }), (toggled) => {
        const place = new Place<RouteSpec>(1);
        const there = new Set<Candidate<RouteSpec>>();
        for (const each of toggled) {
          if (there.delete(each)) place.remove(each);
          else {
            there.add(each);
            place.add(each);
          }
          expect(place.candidates()).toEqual(
            [...there].sort((one, other) => other.route.priority - one.route.priority),
          );
          expect(place.isEmpty).toBe(there.size === 0);
        }
      }),
      { numRuns: 200, seed: 20261123 },
    );
  });
});
