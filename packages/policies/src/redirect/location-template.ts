import type { Exchange } from '@sluice/policy-sdk';

type RequestTarget = Pick<Exchange, 'host' | 'path' | 'query'>;

/** A host in the template itself, or the request's own; then the end, or something that cannot be part of a host. */
const absolute =
  /^https?:\/\/(?:\{host\}|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=$|[/?#]|\{path\}|\{query\})/i;
/** A path on the same host. A second slash, or a path put behind a slash, would begin another host. */
const relative = /^(?:\{path\}|\/(?![/\\]|\{path\}))/;
const placeholder = /\{([^{}]*)\}/g;
const known = new Set(['path', 'query', 'host']);

/**
 * What is wrong with a template for Location, or undefined. A template says itself where it leads: the client's part in it is
 * path, query and its own host, never another one.
 */
export function templateFault(template: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(template)) return 'use visible ASCII without spaces';
  if (!absolute.test(template) && !relative.test(template)) {
    return 'begin with http:// or https:// and a host (or {host}), with one slash, or with {path}';
  }
  for (const [whole, name = ''] of template.matchAll(placeholder)) {
    if (!known.has(name)) return `${whole} is not known: use {path}, {query} and {host}`;
  }
  if (/[{}]/.test(template.replaceAll(placeholder, ''))) return 'a brace stands alone: use {path}, {query} and {host}';
  const example = fillTemplate(template, { host: 'example.com', path: '/', query: '' });
  return URL.canParse(example, 'https://example.com/') ? undefined : 'not a URL: look at the host and the port';
}

/**
 * Fills a template. `{query}` comes with its question mark, and is nothing when there is no query. A location on the same
 * host never begins with two slashes, which would name another host (RFC 3986 section 4.2).
 */
export function fillTemplate(template: string, { host, path, query }: RequestTarget): string {
  const location = template.replaceAll(placeholder, (_whole, name) => {
    if (name === 'path') return path;
    if (name === 'query') return query === '' ? '' : `?${query}`;
    return hostText(host);
  });
  return location.startsWith('/') ? location.replace(/^[/\\]+/, '/') : location;
}

/** A host as it stands in a URI: an IPv6 address in brackets. */
export function hostText(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
