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

/** The largest number of routes that a warning names. */
const maxShadowing = 50;

/**
 * Finds the route of a request among many. Routes are added and removed one at a time; nothing is
 * rebuilt. Matching changes no state, and its time depends on the request and not on the number of
 * routes. The order in which routes were added has no effect.
 */
export class Router<R extends RouteSpec> {
  private readonly index = new CandidateIndex<R>();
  private readonly candidatesById = new Map<string, readonly Candidate<R>[]>();

  /** Throws an InvalidRouteError for the first route that is not valid or whose id is in use. */
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
   * Adds a route. Throws an InvalidRouteError when a host or path is malformed or the id is in use;
   * the router is unchanged then.
   */
  add(route: R): void {
    if (this.candidatesById.has(route.id))
      throw new InvalidRouteError(route.id, ['the id is taken: use update to replace the route']);
    this.insert(route.id, compileRoute(route));
  }

  /** Removes a route. Returns false when no route has that id. */
  remove(id: string): boolean {
    const candidates = this.candidatesById.get(id);
    if (candidates === undefined) return false;
    for (const candidate of candidates) this.index.remove(candidate);
    return this.candidatesById.delete(id);
  }

  /**
   * Replaces the route with the same id, or adds the route when there is none. Throws an
   * InvalidRouteError when a host or path is malformed; the router is unchanged then.
   */
  update(route: R): void {
    const candidates = compileRoute(route);
    this.remove(route.id);
    this.insert(route.id, candidates);
  }

  /**
   * Returns the route that serves a request, or why there is none. Allocates nothing when a route
   * without parameters wins.
   */
  match(request: MatchRequest): RouteMatch<R> | NoMatch {
    const winner = this.index.best(request);
    return winner === undefined ? this.noMatch(request) : matchOf(winner, request);
  }

  /**
   * Returns the route of the request that a CORS preflight request announces; undefined when there
   * is none.
   *
   * @param request the preflight request itself, for its host, path and query
   * @param method the announced method
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
   * Explains the choice of a route: the routes whose host and path match, in order of precedence,
   * then near misses (host or path matches, not both) from a bounded part of the table. Returns at
   * most 50; the winner is always among them.
   */
  explain(request: MatchRequest): CandidateVerdict<R>[] {
    const verdicts = judge(this.index.collect(request), request);
    return [
      ...verdicts,
      ...nearMisses(this.candidatesById.values(), request, maxVerdicts - verdicts.length),
    ];
  }

  /**
   * Returns routes that each win every request that the given one matches, so that it would never
   * serve any; at most 50. The route need not be in the router. The result is sound and not
   * complete: a reported route is proven to shadow the given one, others may shadow it too. Throws
   * an InvalidRouteError when a host or path of the route is malformed.
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
