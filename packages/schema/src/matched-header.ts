import { HeaderName } from './header.ts';

/** Fields about the message or the connection: a gateway reads them, and sends its own. */
const ofMessage: ReadonlyMap<string, string> = new Map(
  Object.entries({
    host: 'the host of a request is matched by "hosts" of a route',
    'content-length': 'the length of the content says nothing of the caller',
    'transfer-encoding': 'it is about the message on its way, and HTTP/2 has none',
    connection: 'it is about one connection, and HTTP/2 has none',
    'keep-alive': 'it is about one connection, and HTTP/2 has none',
    'proxy-connection': 'it is about one connection, and HTTP/2 has none',
    'proxy-authenticate': 'it is a field of responses',
    'proxy-authorization': 'it is about one connection, and is never passed on',
    te: 'it is about one connection',
    trailer: 'it is about the message on its way',
  }),
);

/**
 * Why a request is never seen with a field of this name, with advice; undefined when it may be. For names that the
 * configuration has looked up in requests: the edge drops or removes some fields before anything else looks.
 */
export function unmatchableHeader(name: string): string | undefined {
  const parsed = HeaderName.safeParse(name);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  const lower = name.toLowerCase();
  if (lower.includes('_')) return `fields with "_" in their name are dropped at the edge: write ${name.replaceAll('_', '-')}`;
  const dashed = lower.replaceAll('.', '-');
  if (/^x-(?:consumer|credential)-/.test(dashed)) return 'the gateway removes it from every request: only it says who calls';
  if (dashed !== lower && isImitated(dashed)) return `a request with it is refused, because it imitates ${dashed}`;
  const fault = ofMessage.get(lower);
  return fault === undefined ? undefined : `it cannot be matched: ${fault}`;
}

/** Why no credential can come in a field of this name, with advice; undefined when one may. */
export function unmatchableCredentialHeader(name: string): string | undefined {
  const fault = unmatchableHeader(name);
  if (fault !== undefined) return fault;
  const lower = name.toLowerCase();
  if (lower === 'upgrade' || lower === 'expect') return 'it is about the connection: choose a field of your own';
  if (!isOfProxies(lower)) return undefined;
  return 'proxies write it, and the gateway removes it from requests of everybody else: choose a field of your own';
}

function isImitated(dashed: string): boolean {
  return isOfProxies(dashed) || ['host', 'content-length', 'transfer-encoding', 'authorization', 'proxy-authorization', 'x-request-id', 'x-api-key'].includes(dashed);
}

function isOfProxies(lower: string): boolean {
  return lower.startsWith('x-forwarded-') || lower === 'forwarded' || lower === 'x-real-ip' || lower === 'via';
}
