import { compileConditions, meets } from './conditions.ts';
import type { Conditions } from './conditions.ts';
import { anyHost, hostRank, matchesHost } from './host-match.ts';
import { matchesPath } from './path-match.ts';
import { anyPath, parsePathPattern, pathKinds } from './path-pattern.ts';
import type { PathPattern } from './path-pattern.ts';
import { InvalidRouteError } from './route.ts';
import type { MatchRequest, RouteMatch, RouteSpec } from './route.ts';

/**
 * One host and one path of a route: the entry of the index and the unit of precedence. It extends
 * the path pattern, so that the request path reads one object; the properties that are read first
 * come first, in one cache line.
 */
export interface Candidate<R extends RouteSpec> extends PathPattern {
  readonly host: string;
  readonly conditions: Conditions;
  /**
   * The result when this candidate wins and no parameters are captured. Created once, so that
   * matching allocates nothing.
   */
  readonly match: RouteMatch<R> | undefined;
  readonly route: R;
  readonly hostRank: number;
  readonly kindRank: number;
}

const maxCandidates = 4096;

/**
 * The candidates of a route: each of its hosts with each of its paths. Throws an InvalidRouteError
 * with all faults of its hosts and paths.
 */
export function compileRoute<R extends RouteSpec>(route: R): readonly Candidate<R>[] {
  const hosts =
    route.hosts.length === 0
      ? [anyHost]
      : [...new Set(route.hosts.map((host) => host.toLowerCase()))];
  const texts = [...new Set(route.paths)];
  if (hosts.length * texts.length > maxCandidates) {
    throw new InvalidRouteError(route.id, [
      `${hosts.length} hosts times ${texts.length} paths are more than ${maxCandidates}: split the route`,
    ]);
  }
  const faults = route.hosts.flatMap(hostFaults);
  const patterns: PathPattern[] = texts.length === 0 ? [anyPath] : [];
  for (const text of texts) {
    const parsed = parsePathPattern(text);
    if (Array.isArray(parsed)) faults.push(...parsed.map((fault) => `path "${text}": ${fault}`));
    else patterns.push(parsed);
  }
  if (faults.length > 0) throw new InvalidRouteError(route.id, faults);
  const conditions = compileConditions(route);
  return hosts.flatMap((host) =>
    patterns.map((pattern) => makeCandidate(route, host, pattern, conditions)),
  );
}

function hostFaults(host: string): string[] {
  const labels = host.startsWith('*.') ? host.slice(2) : host;
  if (labels !== '' && !labels.includes('*')) return [];
  return [
    `host "${host}": write api.example.com, or *.example.com for every host below it; leave hosts empty for any`,
  ];
}

function makeCandidate<R extends RouteSpec>(
  route: R,
  host: string,
  pattern: PathPattern,
  conditions: Conditions,
): Candidate<R> {
  const { kind, shape, text, parameters, depth, length, literalPrefix, expression } = pattern;
  const match =
    parameters.length > 0 ? undefined : Object.freeze({ route, pattern: text, params: undefined });
  const ranks = { hostRank: hostRank(host), kindRank: pathKinds.indexOf(kind) };
  return {
    kind,
    shape,
    host,
    conditions,
    match,
    literalPrefix,
    expression,
    parameters,
    route,
    ...ranks,
    depth,
    length,
    text,
  };
}

/** Whether host and path match. */
export function matchesTarget<R extends RouteSpec>(
  candidate: Candidate<R>,
  request: MatchRequest,
): boolean {
  return matchesPath(candidate, request.path) && matchesHost(candidate.host, request.host);
}

/** Whether host, path and all conditions match. */
export function matches<R extends RouteSpec>(
  candidate: Candidate<R>,
  request: MatchRequest,
): boolean {
  return matchesTarget(candidate, request) && meets(candidate.conditions, request);
}

/**
 * Precedence: negative when `one` comes before `other`. Compares host specificity, path kind, depth
 * and length, number of conditions, priority and id, then pattern and host, which only give the
 * candidates of one route a total order.
 */
export function comparePrecedence<R extends RouteSpec>(
  one: Candidate<R>,
  other: Candidate<R>,
): number {
  return (
    other.hostRank - one.hostRank ||
    one.kindRank - other.kindRank ||
    other.depth - one.depth ||
    other.length - one.length ||
    other.conditions.count - one.conditions.count ||
    other.route.priority - one.route.priority ||
    compareText(one.route.id, other.route.id) ||
    compareText(one.text, other.text) ||
    compareText(one.host, other.host)
  );
}

/** By UTF-16 code units: the same on every machine, whatever its locale. */
function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
