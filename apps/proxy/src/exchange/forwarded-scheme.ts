import { listItems, type HeaderList } from '@sluice/http1';
import { ownFields } from './own-fields.ts';

/** The values of X-Forwarded-Proto and their schemes: a WebSocket over TLS is https. */
const schemes: ReadonlyMap<string, 'http' | 'https'> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
]);

/**
 * Returns the scheme by which a trusted proxy received the request: its own entry of
 * X-Forwarded-Proto, which is the last one. Ignores letter case, quotation marks and empty entries.
 * Returns undefined when there is no entry or the value is unknown.
 */
export function forwardedScheme(headers: HeaderList): 'http' | 'https' | undefined {
  if (!headers.has(ownFields.forwardedProto)) return undefined;
  const last = listItems(headers.getAll(ownFields.forwardedProto)).at(-1);
  return last === undefined ? undefined : schemes.get(last.toLowerCase().replace(/^"(.*)"$/, '$1'));
}

/**
 * Whether a port that a trusted proxy reports can be the port of the scheme that it reports: a
 * decimal port, and not the default port of the other scheme.
 */
export function agreesWithScheme(port: string | undefined, scheme: 'http' | 'https'): boolean {
  if (port === undefined || !/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return false;
  return port !== (scheme === 'https' ? '80' : '443');
}

/**
 * Returns the port for a forwarded scheme without X-Forwarded-Port: the port of the requested host,
 * otherwise the default port of the scheme.
 * @param authority the requested host, with its port when the client sent one
 */
export function portOfScheme(scheme: 'http' | 'https', authority: string): string {
  const [standard, other] = scheme === 'https' ? ['443', '80'] : ['80', '443'];
  const port = /:(\d+)$/.exec(authority)?.[1];
  return port === undefined || port === other ? standard : port;
}
