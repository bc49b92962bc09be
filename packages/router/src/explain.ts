import { comparePrecedence } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { unmetCondition } from './conditions.ts';
import { matchesHost } from './host-match.ts';
import { matchesPath } from './path-match.ts';
import type { CandidateVerdict, MatchRequest, RouteSpec } from './route.ts';

/** The largest number of routes in an explanation. */
export const maxVerdicts = 50;
/**
 * The largest number of candidates in which near misses are searched, so that an explanation does
 * not delay traffic.
 */
const maxSearched = 10_000;

/**
 * Returns the routes whose host and path match, each once and in order of precedence, with their
 * outcome. The winner is always among them: when the list is full before the winner, it takes the
 * last position.
 */
export function judge<R extends RouteSpec>(
  matching: readonly Candidate<R>[],
  request: MatchRequest,
): CandidateVerdict<R>[] {
  const verdicts: CandidateVerdict<R>[] = [];
  const judged = new Set<string>();
  let won = false;
  for (const { route, host, text, conditions } of matching.toSorted(comparePrecedence)) {
    if (verdicts.length === maxVerdicts && won) break;
    if (judged.has(route.id)) continue; // All candidates of a route have its conditions, so the first one speaks for all.
    judged.add(route.id);
    const unmet = unmetCondition(conditions, request);
    if (verdicts.length === maxVerdicts && unmet !== undefined) continue;
    if (verdicts.length === maxVerdicts) verdicts.pop();
    verdicts.push({ route, host, pattern: text, verdict: unmet ?? (won ? 'precedence' : 'won') });
    won ||= unmet === undefined;
  }
  return verdicts;
}

/**
 * Returns the routes that have a candidate whose host or path matches, but none where both match,
 * in order of precedence.
 */
export function nearMisses<R extends RouteSpec>(
  routes: Iterable<readonly Candidate<R>[]>,
  request: MatchRequest,
  limit: number,
): CandidateVerdict<R>[] {
  if (limit === 0) return [];
  const missed: { readonly candidate: Candidate<R>; readonly verdict: 'host' | 'path' }[] = [];
  let searched = 0;
  for (const candidates of routes) {
    if (searched >= maxSearched) break;
    searched += candidates.length;
    const verdict = nearMiss(candidates, request);
    if (verdict !== undefined) missed.push(verdict);
  }
  missed.sort((one, other) => comparePrecedence(one.candidate, other.candidate));
  return missed.slice(0, limit).map(({ candidate: { route, host, text }, verdict }) => ({
    route,
    host,
    pattern: text,
    verdict,
  }));
}

function nearMiss<R extends RouteSpec>(
  candidates: readonly Candidate<R>[],
  request: MatchRequest,
): { candidate: Candidate<R>; verdict: 'host' | 'path' } | undefined {
  let nearest: { candidate: Candidate<R>; verdict: 'host' | 'path' } | undefined;
  for (const candidate of candidates) {
    const host = matchesHost(candidate.host, request.host);
    const path = matchesPath(candidate, request.path);
    if (host && path) return undefined;
    if (!host && !path) continue;
    if (nearest === undefined || comparePrecedence(candidate, nearest.candidate) < 0)
      nearest = { candidate, verdict: host ? 'path' : 'host' };
  }
  return nearest;
}
