import type { ErrorCode } from '@sluice/errors';

/**
 * What a route matches. A router keeps the object it is given, so callers may extend it with
 * whatever they want back.
 */
export interface RouteSpec {
  /** Unique within a router; the last word in precedence (lower first, by UTF-16 code units). */
  readonly id: string;
  /** `api.example.com`, or `*.example.com` for every host below it; empty: any host. */
  readonly hosts: readonly string[];
  /** Path patterns, see `parsePathPattern`; empty: any path. */
  readonly paths: readonly string[];
  /** Compared by case, RFC 9110 section 9.1; GET does not imply HEAD. Empty: any method. */
  readonly methods: readonly string[];
  /** Header fields that must have exactly these values; names without regard to case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Query parameters whose first occurrence must have exactly these values, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Between routes equally specific the higher wins. */
  readonly priority: number;
}

/** What the router looks at, normalised before: the same strings that everything after it uses. */
export interface MatchRequest {
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised, beginning with `/` (or `*` of `OPTIONS *`). */
  readonly path: string;
  /** As it came, without `?`. */
  readonly query: string;
  readonly method: string;
  /** The value of a header field by its lower-case name. Must not call back into the router. */
  header(name: string): string | undefined;
}

export interface RouteMatch<R extends RouteSpec> {
  readonly route: R;
  /**
   * The pattern that matched, as written; `*` for a route without paths. Of low cardinality, so fit
   * for metrics.
   */
  readonly pattern: string;
  /**
   * What stood in the place of `{name}` or `(?<name>…)`, still percent-encoded; undefined when the
   * pattern names nothing.
   */
  readonly params: Readonly<Record<string, string>> | undefined;
}

/** No route serves the request. */
export interface NoMatch {
  readonly route: undefined;
  readonly code: Extract<ErrorCode, 'route_not_found' | 'method_not_allowed'>;
  /**
   * For `Allow`: the methods with which this very request would have matched, sorted; empty for
   * `route_not_found`.
   */
  readonly allow: readonly string[];
}

/** A condition a request did not meet. */
export type UnmetCondition = 'method' | `header:${string}` | `query:${string}`;

/** One route in an explanation. */
export interface CandidateVerdict<R extends RouteSpec> {
  readonly route: R;
  /** The host that matched or came nearest, as written; `*` for a route without hosts. */
  readonly host: string;
  /** The path pattern that matched or came nearest; `*` for a route without paths. */
  readonly pattern: string;
  /**
   * `won`; `precedence` when all of it matched but another came first; otherwise the first thing
   * that did not match.
   */
  readonly verdict: 'won' | 'precedence' | 'host' | 'path' | UnmetCondition;
}

/**
 * A route the router cannot take: `faults` says everything that is wrong with it. The router is
 * left as it was.
 */
export class InvalidRouteError extends Error {
  override readonly name = 'InvalidRouteError';
  readonly routeId: string;
  readonly faults: readonly string[];

  constructor(routeId: string, faults: readonly string[]) {
    super(`route ${routeId}: ${faults.join('; ')}`);
    this.routeId = routeId;
    this.faults = faults;
  }
}
