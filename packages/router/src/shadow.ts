import { comparePrecedence } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { covers } from './conditions.ts';
import { parameterSegment } from './path-pattern.ts';
import type { PathPattern } from './path-pattern.ts';
import type { RouteSpec } from './route.ts';

/**
 * Whether one route provably wins every request another one matches: each candidate of the other is covered by a
 * candidate that comes before it. May say no where the answer is yes, never the reverse.
 */
export function shadows<R extends RouteSpec>(winner: readonly Candidate<R>[], loser: readonly Candidate<R>[]): boolean {
  return loser.every((lost) => winner.some((won) => alwaysWins(won, lost)));
}

/** A candidate of a wider host never comes before one of a narrower, so only equal hosts matter. */
function alwaysWins<R extends RouteSpec>(won: Candidate<R>, lost: Candidate<R>): boolean {
  return won.host === lost.host && comparePrecedence(won, lost) < 0 && covers(won.conditions, lost.conditions) && coversPath(won.pattern, lost.pattern);
}

/**
 * Among patterns of one kind a wider one comes later, so that only equal ones can win; and of the kinds only a prefix
 * both comes before another (regex) and can match all of it.
 */
function coversPath(wide: PathPattern, narrow: PathPattern): boolean {
  if (wide.kind === 'prefix' && narrow.kind === 'regex') return isAbove(wide.segments, narrow.segments);
  if (wide.kind !== narrow.kind) return false;
  switch (wide.kind) {
    case 'any':
      return true;
    case 'exact':
      return wide.text === narrow.text;
    case 'regex':
      return wide.expression?.source === narrow.expression?.source;
    case 'template':
    case 'prefix':
      return wide.segments.join('/') === narrow.segments.join('/');
  }
}

function isAbove(prefix: readonly string[], segments: readonly string[]): boolean {
  return prefix.length <= segments.length && prefix.every((wanted, index) => (wanted === parameterSegment ? segments[index] !== '' : segments[index] === wanted));
}
