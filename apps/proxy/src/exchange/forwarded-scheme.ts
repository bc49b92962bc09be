import { listItems, type HeaderList } from '@sluice/http1';
import { ownFields } from './own-fields.ts';

/** What may stand in X-Forwarded-Proto, and what it says: a WebSocket over TLS came by https. */
const schemes: ReadonlyMap<string, 'http' | 'https'> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
]);

/**
 * What a trusted proxy says of how the request came to it: its own entry of X-Forwarded-Proto, which is the last one.
 * Letter case, quotation marks and empty entries do not matter. Undefined when it says nothing, or something unknown.
 */
export function forwardedScheme(headers: HeaderList): 'http' | 'https' | undefined {
  if (!headers.has(ownFields.forwardedProto)) return undefined;
  const last = listItems(headers.getAll(ownFields.forwardedProto)).at(-1);
  return last === undefined ? undefined : schemes.get(last.toLowerCase().replace(/^"(.*)"$/, '$1'));
}

/**
 * The port that goes with the scheme a trusted proxy tells, when it tells no port: that of the host the client asked for,
 * otherwise the default one of the scheme.
 * @param authority the host the client asked for, with its port when that was sent
 */
export function portOfScheme(scheme: 'http' | 'https', authority: string): string {
  const [standard, contrary] = scheme === 'https' ? ['443', '80'] : ['80', '443'];
  const port = /:(\d+)$/.exec(authority)?.[1];
  return port === undefined || port === contrary ? standard : port;
}
