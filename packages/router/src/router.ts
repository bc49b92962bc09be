import { compileRoute } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import { CandidateIndex } from './candidate-index.ts';
import { meetsFields } from './conditions.ts';
import { judge, maxVerdicts, nearMisses } from './explain.ts';
import { captureParameters } from './path-match.ts';
import { bestForPreflight, type MayHaveField } from './preflight.ts';
import { InvalidRouteError } from './route.ts';
import type { CandidateVerdict, MatchRequest, NoMatch, RouteMatch, RouteSpec } from './route.ts';
import { shadows } from './shadow.ts';

const notFound: NoMatch = Object.freeze({
  route: undefined,
  code: 'route_not_found',
  allow: Object.freeze([]),
});
function matchOf<R extends RouteSpec>(winner: Candidate<R>, request: MatchRequest): RouteMatch<R> {
  return (
    winner.match ?? {
      route: winner.route,
      pattern: winner.text,
      params: captureParameters(winner, request.path),
    }
  );
}

/** Enough to name in a warning. */
const maxShadowing = 50;

/**
 * Finds the route of a request among many. Routes come and go one at a time; nothing is rebuilt.
 * Matching changes nothing and takes time by the request, not by the number of routes. The order in
 * which routes were added never matters.
 */
export class Router<R extends RouteSpec> {
  private readonly index = new CandidateIndex<R>();
  private readonly candidatesById = new Map<string, readonly Candidate<R>[]>();

  /** @throws {InvalidRouteError} for the first route that cannot be taken, or whose id is taken. */
  static from<R extends RouteSpec>(routes: Iterable<R>): Router<R> {
    const router = new Router<R>();
    for (const route of routes) router.add(route);
    return router;
  }

  /** The number of routes. */
  get size(): number {
    return this.candidatesById.size;
  }

  /**
   * @throws {InvalidRouteError} when a host or path is malformed, or the id is taken; the router is
   * left as it was.
   */
  add(route: R): void {
    if (this.candidatesById.has(route.id))
      throw new InvalidRouteError(route.id, ['the id is taken: use update to replace the route']);
    this.insert(route.id, compileRoute(route));
  }

  /** @returns false when there is no route of that id. */
  remove(id: string): boolean {
    const candidates = this.candidatesById.get(id);
    if (candidates === undefined) return false;
    for (const candidate of candidates) this.index.remove(candidate);
    return this.candidatesById.delete(id);
  }

  /**
   * Puts a route in the place of the one with its id, or adds it when there is none.
   * @throws {InvalidRouteError} when a host or path is malformed; the router is left as it was.
   */
  update(route: R): void {
    const candidates = compileRoute(route);
    this.remove(route.id);
    this.insert(route.id, candidates);
  }

  /**
   * The route that serves a request, or why there is none. Allocates nothing when a route without
   * parameters wins.
   */
  match(request: MatchRequest): RouteMatch<R> | NoMatch {
    const winner = this.index.best(request);
    return winner === undefined ? this.noMatch(request) : matchOf(winner, request);
  }

  /**
   * The route of the request that a preflight request of CORS asks about; undefined when there is
   * none.
   * @param request the preflight request itself, for its host, path and query
   * @param method the method it asks for
   */
  matchPreflight(
    request: MatchRequest,
    method: string,
    mayHave: MayHaveField,
  ): RouteMatch<R> | undefined {
    const winner = bestForPreflight(this.index.collect(request), request.query, method, mayHave);
    return winner === undefined ? undefined : matchOf(winner, request);
  }

  /**
   * Why a request goes where it goes: the routes whose host and path match, in order of precedence,
   * then near misses (host or path matches, not both) from a bounded part of the table. At most 50
   * in all; the winner is always among them.
   */
  explain(request: MatchRequest): CandidateVerdict<R>[] {
    const verdicts = judge(this.index.collect(request), request);
    return [
      ...verdicts,
      ...nearMisses(this.candidatesById.values(), request, maxVerdicts - verdicts.length),
    ];
  }

  /**
   * Routes of which each alone wins every request the given one matches, so that it would never
   * serve any; at most 50. The route need not be in the router. Sound, not complete: what is
   * reported is proven, what is not may still be shadowed.
   *
   * @throws {InvalidRouteError} when a host or path of the route is malformed.
   */
  shadowedBy(route: R): R[] {
    const candidates = compileRoute(route);
    const [first] = candidates;
    if (first === undefined) return [];
    const shadowing = new Map<string, R>();
    for (const { route: other } of this.index.possiblyCovering(first)) {
      if (shadowing.size === maxShadowing) break;
      if (other.id === route.id || shadowing.has(other.id)) continue;
      if (shadows(this.candidatesById.get(other.id) ?? [], candidates))
        shadowing.set(other.id, other);
    }
    return [...shadowing.values()];
  }

  private insert(id: string, candidates: readonly Candidate<R>[]): void {
    for (const candidate of candidates) this.index.add(candidate);
    this.candidatesById.set(id, candidates);
  }

  private noMatch(request: MatchRequest): NoMatch {
    const allow = new Set<string>();
    for (const { conditions } of this.index.collect(request)) {
      if (meetsFields(conditions, request))
        for (const method of conditions.methods) allow.add(method);
    }
    return allow.size === 0
      ? notFound
      : { route: undefined, code: 'method_not_allowed', allow: [...allow].sort() };
  }
}
