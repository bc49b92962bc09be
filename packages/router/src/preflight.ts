import { comparePrecedence, type Candidate } from './candidate.ts';
import { firstQueryValue } from './query-parameter.ts';
import type { RouteSpec } from './route.ts';

/** Whether the announced request may have a field of this lower-case name with this value. */
export type MayHaveField = (name: string, value: string) => boolean;

/**
 * Returns the candidate that an announced request would match, among those whose host and path
 * match it. Conditions on fields that the request may have count as met, because a preflight
 * request does not contain their values. When no candidate is left, conditions on fields are
 * ignored: no route would accept such a request, so the choice does no harm.
 */
export function bestForPreflight<R extends RouteSpec>(
  candidates: readonly Candidate<R>[],
  query: string,
  method: string,
  mayHave: MayHaveField,
): Candidate<R> | undefined {
  let possible: Candidate<R> | undefined;
  let nearest: Candidate<R> | undefined;
  for (const candidate of candidates) {
    const { methods, headers, query: parameters } = candidate.conditions;
    if (methods.length > 0 && !methods.includes(method)) continue;
    if (parameters.some(([name, value]) => firstQueryValue(query, name) !== value)) continue;
    if (nearest === undefined || comparePrecedence(candidate, nearest) < 0) nearest = candidate;
    if (!headers.every(([name, value]) => mayHave(name, value))) continue;
    if (possible === undefined || comparePrecedence(candidate, possible) < 0) possible = candidate;
  }
  return possible ?? nearest;
}
