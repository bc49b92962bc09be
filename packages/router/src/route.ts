import type { ErrorCode } from '@sluice/errors';

/**
 * What a route matches. A router keeps the object that it is given and returns it, so callers may
 * extend it with properties of their own.
 */
export interface RouteSpec {
  /**
   * Unique within a router. The last criterion of precedence: the lower id, by UTF-16 code units,
   * comes first.
   */
  readonly id: string;
  /** `api.example.com`, or `*.example.com` for every host below it; empty: any host. */
  readonly hosts: readonly string[];
  /** Path patterns, see `parsePathPattern`; empty: any path. */
  readonly paths: readonly string[];
  /** Case-sensitive, RFC 9110 section 9.1; GET does not imply HEAD. Empty: any method. */
  readonly methods: readonly string[];
  /** Header fields that must have exactly these values; names are case-insensitive. */
  readonly headers: Readonly<Record<string, string>>;
  /** Query parameters whose first occurrence must have exactly these values, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Of two equally specific routes, the one with the higher priority takes precedence. */
  readonly priority: number;
}

/**
 * The parts of a request that the router reads. They are normalised before, and are the same
 * strings that the rest of the proxy uses.
 */
export interface MatchRequest {
  /** Lower case, without port. */
  readonly host: string;
  /** Normalised, beginning with `/` (or `*` of `OPTIONS *`). */
  readonly path: string;
  /** The query as received, without `?`. */
  readonly query: string;
  readonly method: string;
  /** The value of a header field by its lower-case name. Must not call back into the router. */
  header(name: string): string | undefined;
}

export interface RouteMatch<R extends RouteSpec> {
  readonly route: R;
  /**
   * The pattern that matched, as configured; `*` for a route without paths. It has a low
   * cardinality, so it suits metrics.
   */
  readonly pattern: string;
  /**
   * The text that matched `{name}` or `(?<name>…)`, still percent-encoded; undefined when the
   * pattern has no names.
   */
  readonly params: Readonly<Record<string, string>> | undefined;
}

/** No route serves the request. */
export interface NoMatch {
  readonly route: undefined;
  readonly code: Extract<ErrorCode, 'route_not_found' | 'method_not_allowed'>;
  /**
   * For `Allow`: the methods with which this request would have matched, sorted; empty for
   * `route_not_found`.
   */
  readonly allow: readonly string[];
}

/** A condition that a request did not meet. */
export type UnmetCondition = 'method' | `header:${string}` | `query:${string}`;

/** One route in an explanation. */
export interface CandidateVerdict<R extends RouteSpec> {
  readonly route: R;
  /** The host that matched or was closest, as configured; `*` for a route without hosts. */
  readonly host: string;
  /** The path pattern that matched or was closest; `*` for a route without paths. */
  readonly pattern: string;
  /**
   * `won`; `precedence` when everything matched but another route came first; otherwise the first
   * condition that did not match.
   */
  readonly verdict: 'won' | 'precedence' | 'host' | 'path' | UnmetCondition;
}

/**
 * The router cannot accept a route: `faults` lists everything that is wrong with it. The router is
 * unchanged.
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
