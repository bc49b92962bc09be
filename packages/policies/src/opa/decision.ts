import { deny, type HeaderPair, type HttpResponse, type Reply } from '@sluice/policy-sdk';
import { HeaderValue } from '@sluice/schema';

/** What the server answered; also the values of the metric's label. */
export type Verdict =
  /** `true`, or an object whose `allow` is `true`. */
  | 'allowed'
  /** `false`, or an object whose `allow` is `false`. */
  | 'refused'
  /** No rule decided: the answer has no `result`. */
  | 'undefined'
  /** The document at the path is no decision. */
  | 'invalid';

/** A decision of the server, as far as the gateway uses it. It is stored as JSON. */
export interface Decision {
  readonly verdict: Verdict;
  /** Status of a refusal. */
  readonly status: number;
  readonly upstream: readonly HeaderPair[];
  readonly client: readonly HeaderPair[];
  readonly reason: string | undefined;
}

/** Which parts of a decision are used. */
export interface TakenParts {
  readonly statuses: readonly number[];
  readonly upstreamHeaders: readonly string[];
  readonly clientHeaders: readonly string[];
  readonly showReason: boolean;
}

/** A refusal is used for a short time only, so that a caller who is let in later is not kept out. */
const longestRefusalMs = 10_000;
const maxReasonLength = 200;

/**
 * Reads the decision from an answer to `POST /v1/data/<path>`. Only `true` allows.
 * @throws Error when the answer is none of this API, and when a decision that allows the request
 *   sets a header that cannot be sent
 */
export function decisionOf(response: HttpResponse, taken: TakenParts): Decision {
  const { status } = response;
  if (status !== 200) throw new Error(`the policy server answered with ${status}`);
  const answer = jsonOf(response);
  if (!isObject(answer)) throw new Error('the policy server answered with no JSON object');
  if (!Object.hasOwn(answer, 'result')) return refusal('undefined');
  const { result } = answer;
  if (typeof result === 'boolean') return result ? allowed([]) : refusal('refused');
  if (!isObject(result) || !Object.hasOwn(result, 'allow')) return refusal('invalid');
  const { allow, headers, reason } = result;
  if (allow === true) return allowed(headersOf(headers, taken.upstreamHeaders));
  if (allow !== false) return refusal('invalid');
  return {
    ...refusal('refused'),
    status: taken.statuses.find((each) => each === result['status']) ?? 403,
    client: sendable(headersOf(headers, taken.clientHeaders)),
    reason: taken.showReason ? reasonOf(reason) : undefined,
  };
}

/** Undefined for other content, whose text does not belong into a log. */
function jsonOf(response: HttpResponse): unknown {
  try {
    return response.json();
  } catch {
    return undefined;
  }
}

function allowed(upstream: readonly HeaderPair[]): Decision {
  const bad = upstream.find(([, value]) => !HeaderValue.safeParse(value).success);
  if (bad !== undefined)
    throw new Error(`the policy server set ${bad[0]} to a value that cannot be sent`);
  return { verdict: 'allowed', status: 200, upstream, client: [], reason: undefined };
}

function refusal(verdict: Verdict): Decision {
  return { verdict, status: 403, upstream: [], client: [], reason: undefined };
}

/** The listed headers of a decision; a header is a string or a list of strings. */
function headersOf(value: unknown, names: readonly string[]): HeaderPair[] {
  if (!isObject(value)) return [];
  const byName = new Map(Object.entries(value).map(([name, each]) => [name.toLowerCase(), each]));
  return names.flatMap((name) => {
    const found = byName.get(name.toLowerCase());
    const values: unknown[] = Array.isArray(found) ? found : [found];
    return values.flatMap((each): HeaderPair[] => (typeof each === 'string' ? [[name, each]] : []));
  });
}

/** A refusal stands, also when one of its headers cannot be sent. */
function sendable(headers: readonly HeaderPair[]): HeaderPair[] {
  return headers.filter(([, value]) => HeaderValue.safeParse(value).success);
}

function reasonOf(reason: unknown): string | undefined {
  if (typeof reason !== 'string') return undefined;
  return reason.replaceAll(/\p{C}/gu, ' ').slice(0, maxReasonLength);
}

/**
 * The reply that a decision leads to; undefined when the request may pass.
 * @param challenges those of the policies that authenticate callers here, for a 401 without any
 */
export function replyOf(
  { verdict, status, client, reason }: Decision,
  challenges: readonly HeaderPair[],
): Reply | undefined {
  if (verdict === 'allowed') return undefined;
  switch (status) {
    case 401: {
      const hasOwn = client.some(([name]) => name.toLowerCase() === 'www-authenticate');
      const fields = hasOwn ? client : [...client, ...challenges];
      return deny('unauthorized', reason, fields, 'denied');
    }
    case 404:
      return deny('route_not_found', reason, client, 'denied');
    case 429:
      return deny('rate_limited', reason, client, 'denied');
    default: {
      const detail = reason ?? 'The policy server denies access.';
      return deny('forbidden', detail, client, 'denied');
    }
  }
}

/** How long a decision may be used, milliseconds. */
export function reuseMs({ verdict }: Decision, maxMs: number): number {
  return verdict === 'allowed' ? maxMs : Math.min(maxMs, longestRefusalMs);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
