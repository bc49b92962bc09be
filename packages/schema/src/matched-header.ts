import { HeaderName } from './header.ts';

/** Fields about the message or the connection: the gateway consumes them and writes new ones. */
const ofMessage: ReadonlyMap<string, string> = new Map(
  Object.entries({
    host: 'the host of a request is matched by "hosts" of a route',
    'content-length': 'the length of the content does not identify a caller',
    'transfer-encoding': 'it describes one hop of the message, and HTTP/2 has none',
    connection: 'it is about one connection, and HTTP/2 has none',
    'keep-alive': 'it is about one connection, and HTTP/2 has none',
    'proxy-connection': 'it is about one connection, and HTTP/2 has none',
    'proxy-authenticate': 'it is a field of responses',
    'proxy-authorization': 'it is about one connection, and is never passed on',
    te: 'it is about one connection',
    trailer: 'it describes one hop of the message',
  }),
);

/**
 * Says why no request can have a field of this name, with advice; undefined when one may. For names
 * that the configuration looks up in requests: the edge drops or removes some fields before
 * anything else reads them.
 */
export function unmatchableHeader(name: string): string | undefined {
  const parsed = HeaderName.safeParse(name);
  if (!parsed.success) return parsed.error.issues[0]?.message;
  const lower = name.toLowerCase();
  if (lower.includes('_'))
    return `fields with "_" in their name are dropped at the edge: write ${name.replaceAll('_', '-')}`;
  const dashed = lower.replaceAll('.', '-');
  if (/^x-(?:consumer|credential)-/.test(dashed))
    return 'the gateway removes it from every request: only the gateway may set it';
  if (dashed !== lower && isImitated(dashed))
    return `a request with it is refused, because it imitates ${dashed}`;
  const fault = ofMessage.get(lower);
  return fault === undefined ? undefined : `it cannot be matched: ${fault}`;
}

/**
 * Says why no credential can arrive in a field of this name, with advice; undefined when one may.
 */
export function unmatchableCredentialHeader(name: string): string | undefined {
  const fault = unmatchableHeader(name);
  if (fault !== undefined) return fault;
  const lower = name.toLowerCase();
  if (lower === 'upgrade' || lower === 'expect')
    return 'it is about the connection: choose a field of your own';
  if (!isOfProxies(lower)) return undefined;
  return 'proxies write it, and the gateway removes it from requests of all other clients: choose a field of your own';
}

function isImitated(dashed: string): boolean {
  return (
    isOfProxies(dashed) ||
    [
      'host',
      'content-length',
      'transfer-encoding',
      'authorization',
      'proxy-authorization',
      'x-request-id',
      'x-api-key',
    ].includes(dashed)
  );
}

function isOfProxies(lower: string): boolean {
  return (
    lower.startsWith('x-forwarded-') ||
    lower === 'forwarded' ||
    lower === 'x-real-ip' ||
    lower === 'via'
  );
}
