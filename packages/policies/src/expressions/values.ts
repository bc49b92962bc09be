import type { Exchange } from '@sluice/policy-sdk';
import { maxElements } from './bounds.ts';
import type { Expression, ExpressionValues } from './expression.ts';

/** Most values in the claims of one caller, and how deep they may be nested. */
const maxValues = 4_000;
const maxDepth = 16;
/** Most parameters of a query. */
const maxParameters = 256;

type Claims = Readonly<Record<string, unknown>>;

/**
 * Collects the values of the variables that an expression reads.
 * @throws Error when claims or query are too large: an evaluation must stay short
 */
export function valuesOf(
  { reads }: Expression,
  exchange: Exchange,
  groups: readonly string[],
  nowMs: number,
): Partial<ExpressionValues> {
  const values: { -readonly [Name in keyof ExpressionValues]?: ExpressionValues[Name] } = {};
  if (reads.has('claims')) values.claims = boundedClaims(exchange.claims ?? noClaims);
  if (reads.has('consumer')) values.consumer = consumerOf(exchange);
  if (reads.has('groups')) values.groups = groups;
  if (reads.has('request')) values.request = requestOf(reads, exchange);
  if (reads.has('params')) values.params = exchange.params;
  if (reads.has('route')) values.route = { id: exchange.route.id, name: exchange.route.name };
  if (reads.has('now')) values.now = new Date(nowMs);
  return values;
}

const noClaims: Claims = Object.freeze({});

/** Claims that were found to be bounded: those of a cached token are the same object. */
const bounded = new WeakSet<Claims>();

function boundedClaims(claims: Claims): Claims {
  if (bounded.has(claims)) return claims;
  if (countValues(claims, 0) > maxValues)
    throw new Error(`the claims have more than ${maxValues} values`);
  bounded.add(claims);
  return claims;
}

function countValues(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  if (depth > maxDepth) throw new Error(`the claims are nested deeper than ${maxDepth} levels`);
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (members.length > maxElements)
    throw new Error(`a claim has more than ${maxElements} elements`);
  let count = 1;
  for (const member of members) count += countValues(member, depth + 1);
  return count;
}

function consumerOf({ consumer }: Exchange): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  if (consumer === undefined) return facts;
  facts.set('id', consumer.id).set('username', consumer.username);
  if (consumer.customId !== undefined) facts.set('customId', consumer.customId);
  return facts;
}

function requestOf(
  reads: ReadonlySet<string>,
  { method, scheme, host, path, query, clientAddress, headers }: Exchange,
): Readonly<Record<string, unknown>> {
  return {
    method,
    scheme,
    host,
    path,
    address: clientAddress,
    headers: reads.has('request.headers') ? joined(headers.entries()) : none,
    query: reads.has('request.query') ? parametersOf(query) : none,
  };
}

const none: ReadonlyMap<string, string> = new Map();

function parametersOf(query: string): ReadonlyMap<string, string> {
  const parameters = new URLSearchParams(query);
  if (parameters.size > maxParameters)
    throw new Error(`the query has more than ${maxParameters} parameters`);
  return joined(parameters);
}

/** Values by name; those of a name that occurs more than once are joined, so that none is hidden. */
function joined(pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return values;
}
