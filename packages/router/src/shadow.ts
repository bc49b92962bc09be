import { comparePrecedence } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { covers } from './conditions.ts';
import { matchesPath } from './path-match.ts';
import type { PathPattern } from './path-pattern.ts';
import type { RouteSpec } from './route.ts';

/**
 * Whether one route provably wins every request that another one matches: each candidate of the
 * other is covered by a candidate with higher precedence. May return false where true is correct,
 * never the reverse.
 */
export function shadows<R extends RouteSpec>(
  winner: readonly Candidate<R>[],
  loser: readonly Candidate<R>[],
): boolean {
  return loser.every((lost) => winner.some((won) => alwaysWins(won, lost)));
}

/**
 * A candidate with a wider host never takes precedence over one with a narrower host, so only equal
 * hosts matter.
 */
function alwaysWins<R extends RouteSpec>(won: Candidate<R>, lost: Candidate<R>): boolean {
  return (
    won.host === lost.host &&
    comparePrecedence(won, lost) < 0 &&
    covers(won.conditions, lost.conditions) &&
    coversPath(won, lost)
  );
}

/**
 * Among patterns of one kind, a wider one has lower precedence, so only an equal one can win. Among
 * the kinds, only a prefix has precedence over another kind (regex) and can match all its paths.
 */
function coversPath(wide: PathPattern, narrow: PathPattern): boolean {
  if (wide.kind === 'prefix' && narrow.kind === 'regex')
    return matchesPath(wide, `${narrow.shape}/`);
  if (wide.kind !== narrow.kind) return false;
  return wide.kind === 'regex'
    ? wide.expression?.source === narrow.expression?.source
    : wide.shape === narrow.shape;
}
