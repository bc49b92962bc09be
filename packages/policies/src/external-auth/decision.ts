import { deny, type HeaderPair, type HttpResponse, type Reply } from '@sluice/policy-sdk';

/** The answer of the service, as far as the gateway uses it. It is stored as JSON. */
export interface Decision {
  readonly status: number;
  readonly upstream: readonly HeaderPair[];
  readonly client: readonly HeaderPair[];
  /** Values of WWW-Authenticate in a 401. */
  readonly challenges: readonly string[];
  /** The header that names the consumer; undefined when it is absent. */
  readonly consumer: string | undefined;
}

/** Which headers of an answer are used. */
export interface TakenHeaders {
  readonly upstreamHeaders: readonly string[];
  readonly clientHeaders: readonly string[];
  readonly consumerHeader: string | undefined;
}

/** A refusal is used for a short time only, so that a caller who is let in later is not kept out. */
const longestRefusalMs = 10_000;

/**
 * Reads the decision from an answer.
 * @throws Error when it is neither 2xx nor 401 nor 403: then the service did not decide
 */
export function decisionOf({ status, headers }: HttpResponse, taken: TakenHeaders): Decision {
  const isAllowed = status >= 200 && status < 300;
  if (!isAllowed && status !== 401 && status !== 403)
    throw new Error(`the service answered with ${status}, which is no decision`);
  const pick = (names: readonly string[]): HeaderPair[] =>
    names.flatMap((name) => headers.getAll(name).map((value): HeaderPair => [name, value]));
  const { upstreamHeaders, clientHeaders, consumerHeader } = taken;
  const named = consumerHeader === undefined ? [] : headers.getAll(consumerHeader);
  if (new Set(named).size > 1)
    throw new Error(`the service named more than one consumer in ${consumerHeader}`);
  return {
    status,
    upstream: isAllowed ? pick(upstreamHeaders) : [],
    client: pick(clientHeaders),
    challenges: status === 401 ? headers.getAll('www-authenticate') : [],
    consumer: isAllowed ? named[0] : undefined,
  };
}

/**
 * The refusal that a decision leads to; undefined when the request may pass.
 * @param others challenges of the policies that authenticate callers here, for a 401 without any
 */
export function refusalOf(
  { status, client, challenges }: Decision,
  others: readonly HeaderPair[],
): Reply | undefined {
  if (status < 400) return undefined;
  const own = challenges.map((value): HeaderPair => ['WWW-Authenticate', value]);
  const fields = client.filter(([name]) => name.toLowerCase() !== 'www-authenticate');
  if (status === 403)
    return deny('forbidden', 'The authorization service denies access.', fields, 'denied');
  return deny(
    'unauthorized',
    'The authorization service requires a credential.',
    [...(own.length > 0 ? own : others), ...fields],
    'denied',
  );
}

/**
 * How long an answer may be used, milliseconds: at most `maxMs`, less when the service says so with
 * `Cache-Control` (RFC 9111, section 5.2.2), and not at all when it sets a cookie or varies.
 */
export function reuseMs({ status, headers }: HttpResponse, maxMs: number): number {
  if (headers.has('set-cookie') || headers.has('vary')) return 0;
  const directives = headers
    .getAll('cache-control')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((directive) => directive.trim());
  if (directives.some((each) => /^no-(?:store|cache)\b/.test(each))) return 0;
  const ageMs = secondsOf(headers.get('age') ?? '0') * 1_000;
  const ends = directives.flatMap((each) => {
    const [, age] = /^(?:s-maxage|max-age)\b(.*)$/.exec(each) ?? [];
    return age === undefined ? [] : [secondsOf(age.replace(/^="?|"$/g, '')) * 1_000 - ageMs];
  });
  return Math.min(maxMs, ...ends, ...(status < 300 ? [] : [longestRefusalMs]));
}

/** Seconds of a directive or of Age; 0 for what is no number, so that nothing is reused. */
function secondsOf(text: string): number {
  return /^\d{1,10}$/.test(text) ? Number(text) : 0;
}
