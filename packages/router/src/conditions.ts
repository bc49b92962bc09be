import { firstQueryValue } from './query-parameter.ts';
import type { MatchRequest, RouteSpec, UnmetCondition } from './route.ts';

/** The conditions of a route besides host and path, in a form for the hot path. */
export interface Conditions {
  /** Empty: any method. */
  readonly methods: readonly string[];
  /** Name in lower case, and value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [name: string, value: string])[];
  /**
   * The number of conditions; all methods count as one. A route with more conditions takes
   * precedence.
   */
  readonly count: number;
}

/**
 * One object for all routes with the same methods and no other condition, so that it stays in the
 * cache of the processor.
 */
const methodsOnly = new Map<string, Conditions>();
const maxShared = 256;

export function compileConditions(route: RouteSpec): Conditions {
  const headers = Object.entries(route.headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const query = Object.entries(route.query);
  const count = (route.methods.length > 0 ? 1 : 0) + headers.length + query.length;
  const conditions: Conditions = { methods: [...route.methods], headers, query, count };
  if (headers.length + query.length > 0) return conditions;
  const key = route.methods.join(' ');
  const shared = methodsOnly.get(key);
  if (shared !== undefined) return shared;
  if (methodsOnly.size < maxShared) methodsOnly.set(key, conditions);
  return conditions;
}

export function meets(conditions: Conditions, request: MatchRequest): boolean {
  return meetsMethod(conditions, request.method) && meetsFields(conditions, request);
}

/** All conditions but the method. */
export function meetsFields({ headers, query }: Conditions, request: MatchRequest): boolean {
  for (const [name, value] of headers) if (request.header(name) !== value) return false;
  for (const [name, value] of query)
    if (firstQueryValue(request.query, name) !== value) return false;
  return true;
}

function meetsMethod({ methods }: Conditions, method: string): boolean {
  return methods.length === 0 || methods.includes(method);
}

/** Returns the first condition that the request does not meet; undefined when it meets all. */
export function unmetCondition(
  conditions: Conditions,
  request: MatchRequest,
): UnmetCondition | undefined {
  if (!meetsMethod(conditions, request.method)) return 'method';
  const header = conditions.headers.find(([name, value]) => request.header(name) !== value);
  if (header !== undefined) return `header:${header[0]}`;
  const parameter = conditions.query.find(
    ([name, value]) => firstQueryValue(request.query, name) !== value,
  );
  return parameter === undefined ? undefined : `query:${parameter[0]}`;
}

/**
 * Whether every request that meets `narrow` also meets `wide`. May return false where true is
 * correct, never the reverse.
 */
export function covers(wide: Conditions, narrow: Conditions): boolean {
  const methods =
    wide.methods.length === 0 ||
    (narrow.methods.length > 0 && narrow.methods.every((method) => wide.methods.includes(method)));
  return methods && isSubset(wide.headers, narrow.headers) && isSubset(wide.query, narrow.query);
}

function isSubset(fewer: Conditions['headers'], more: Conditions['headers']): boolean {
  return fewer.every(([name, value]) =>
    more.some((other) => other[0] === name && other[1] === value),
  );
}
