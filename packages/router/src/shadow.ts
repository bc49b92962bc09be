import { comparePrecedence } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { covers } from './conditions.ts';
import { matchesPath } from './path-match.ts';
import type { PathPattern } from './path-pattern.ts';
import type { RouteSpec } from './route.ts';

/**
 * Whether one route provably wins every request another one matches: each candidate of the other is
 * covered by a candidate that comes before it. May say no where the answer is yes, never the
 * reverse.
 */
export function shadows<R extends RouteSpec>(
  winner: readonly Candidate<R>[],
  loser: readonly Candidate<R>[],
): boolean {
  return loser.every((lost) => winner.some((won) => alwaysWins(won, lost)));
}

/** A candidate of a wider host never comes before one of a narrower, so only equal hosts matter. */
function alwaysWins<R extends RouteSpec>(won: Candidate<R>, lost: Candidate<R>): boolean {
  return (
    won.host === lost.host &&
    comparePrecedence(won, lost) < 0 &&
    covers(won.conditions, lost.conditions) &&
    coversPath(won, lost)
  );
}

/**
 * Among patterns of one kind a wider one comes later, so that only equal ones can win; and of the
 * kinds only a prefix both comes before another (regex) and can match all of it.
 */
function coversPath(wide: PathPattern, narrow: PathPattern): boolean {
  if (wide.kind === 'prefix' && narrow.kind === 'regex')
    return matchesPath(wide, `${narrow.shape}/`);
  if (wide.kind !== narrow.kind) return false;
  return wide.kind === 'regex'
    ? wide.expression?.source === narrow.expression?.source
    : wide.shape === narrow.shape;
}
