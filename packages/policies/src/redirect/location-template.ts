import type { Exchange } from '@sluice/policy-sdk';

type RequestTarget = Pick<Exchange, 'host' | 'path' | 'query' | 'hasQuery'>;

const placeholder = /\{(path|query|host)\}/g;

/**
 * Fills a template. `{query}` includes its question mark, and is empty when there is no query. A
 * location on the same host never starts with two slashes, which would name another host (RFC 3986
 * section 4.2).
 */
export function fillTemplate(
  template: string,
  { host, path, query, hasQuery }: RequestTarget,
): string {
  const location = template.replaceAll(placeholder, (_whole, name: string) => {
    if (name === 'path') return path;
    if (name === 'query') return hasQuery ? `?${query}` : '';
    return hostText(host);
  });
  return location.startsWith('/') ? location.replace(/^[/\\]+/, '/') : location;
}

/** Writes a host for use in a URI: an IPv6 address in brackets. */
export function hostText(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
