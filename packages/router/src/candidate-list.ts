import { comparePrecedence } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { meets } from './conditions.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

/** Candidates at one place of the index, kept in order of precedence. */
export type CandidateList<R extends RouteSpec> = Candidate<R>[];

/** The list with a candidate added at its place; makes the list when there is none. */
export function withCandidate<R extends RouteSpec>(list: CandidateList<R> | undefined, candidate: Candidate<R>): CandidateList<R> {
  if (list === undefined) return [candidate];
  list.splice(placeOf(list, candidate), 0, candidate);
  return list;
}

/** The list without a candidate, or undefined when nothing is left. */
export function withoutCandidate<R extends RouteSpec>(list: CandidateList<R> | undefined, candidate: Candidate<R>): CandidateList<R> | undefined {
  if (list === undefined) return undefined;
  const place = placeOf(list, candidate);
  if (list[place] === candidate) list.splice(place, 1);
  return list.length === 0 ? undefined : list;
}

/** The first candidate whose conditions the request meets and that comes before `best`; otherwise `best`. */
export function better<R extends RouteSpec>(
  list: CandidateList<R> | undefined,
  request: MatchRequest,
  best: Candidate<R> | undefined,
): Candidate<R> | undefined {
  if (list === undefined) return best;
  for (const candidate of list) {
    if (best !== undefined && comparePrecedence(best, candidate) < 0) return best;
    if (meets(candidate.conditions, request)) return candidate;
  }
  return best;
}

/** Appends a list that may be long, or missing. */
export function append<R extends RouteSpec>(list: CandidateList<R> | undefined, into: Candidate<R>[]): void {
  if (list !== undefined) for (const candidate of list) into.push(candidate);
}

/** Where the candidate is, or belongs: a binary search, as precedence is a total order. */
function placeOf<R extends RouteSpec>(list: CandidateList<R>, candidate: Candidate<R>): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = list[middle];
    if (there !== undefined && comparePrecedence(there, candidate) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
