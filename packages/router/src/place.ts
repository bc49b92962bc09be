import { comparePrecedence, matches } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import type { MatchRequest, RouteSpec } from './route.ts';

/**
 * A place in the index: the candidates for one host and one shape of path, in order of precedence.
 */
export class Place<R extends RouteSpec> {
  readonly id: number;
  /**
   * The number of candidates below, by the kind of the next step. An exact path needs no places in
   * between.
   */
  readonly below = { literal: 0, parameter: 0, exact: 0 };
  /**
   * Separate from the others, because most places have no other: the request path reads two objects
   * less.
   */
  private first: Candidate<R> | undefined = undefined;
  private others: Candidate<R>[] | undefined = undefined;

  constructor(id: number) {
    this.id = id;
  }

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  add(candidate: Candidate<R>): void {
    const { first } = this;
    if (first === undefined) {
      this.first = candidate;
      return;
    }
    const isFirst = comparePrecedence(candidate, first) < 0;
    if (isFirst) this.first = candidate;
    const displaced = isFirst ? first : candidate;
    this.others ??= [];
    this.others.splice(rankIn(this.others, displaced), 0, displaced);
  }

  /** Takes the same object that was added. */
  remove(candidate: Candidate<R>): void {
    if (this.first === candidate) this.first = this.others?.shift();
    else if (this.others !== undefined) this.others.splice(rankIn(this.others, candidate), 1);
    if (this.others?.length === 0) this.others = undefined;
  }

  /**
   * Returns the first candidate that matches and takes precedence over `before`; otherwise
   * `before`.
   */
  best(request: MatchRequest, before: Candidate<R> | undefined): Candidate<R> | undefined {
    const { first, others } = this;
    if (first === undefined || (before !== undefined && comparePrecedence(before, first) <= 0))
      return before;
    if (matches(first, request)) return first;
    if (others === undefined) return before;
    for (const candidate of others) {
      if (before !== undefined && comparePrecedence(before, candidate) <= 0) return before;
      if (matches(candidate, request)) return candidate;
    }
    return before;
  }

  candidates(): readonly Candidate<R>[] {
    return this.first === undefined ? [] : [this.first, ...(this.others ?? [])];
  }
}

/**
 * The position of a candidate in a list, or the position at which to insert it. A binary search,
 * because precedence is a total order.
 */
function rankIn<R extends RouteSpec>(
  list: readonly Candidate<R>[],
  candidate: Candidate<R>,
): number {
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
