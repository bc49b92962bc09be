import { resourceSchemas, type Resource } from '@sluice/config';
import { resource } from '../../runtime/testing/resources.ts';
import type { NextRandom } from './raw-request.ts';

/** A route of a host of its own, with the service it leads to. Tests only. */
export interface RandomRoute {
  readonly host: string;
  readonly paths: readonly string[];
  readonly keepsEncodedSlashes: boolean;
  readonly rewrite: { readonly stripPrefix?: string; readonly path?: string };
  readonly basePath: string;
}

const patterns = [
  ...['/*', '/a/*', '/a/b/*', '/files/*', '/shop', '/shop/', '/caf%C3%A9/*', '/x.y/*', '/a'],
  ...['/{x}', '/{x}/*', '/a/{x}', '/a/{x}/*', '/a/{x}/{y}', '/{x}/b/{y}/*', '/{x}/{y}'],
  ...[
    '~ ^(?<x>/.*)$',
    '~ ^/api(?<x>.*)$',
    '~ ^/a(?<x>[^/]*)(?<y>/.*)?$',
    '~ ^/(?<x>..)(?<y>.*)$',
    '~ ^/a',
    '~ ^/(?<x>.)',
    '~ ^/(?<x>[^/]+)/(?<y>.*)$',
    '~ ^/a%(?<x>.*)$',
    '~ ^/.*%(?<x>..)(?<y>[^/]*)$',
  ],
];
const templates = [
  ...[
    '/pub/{x}',
    '/pub{x}',
    '/{x}',
    '{x}',
    '/{y}/{x}',
    '/{x}{y}',
    '/a{x}/..{y}',
    '/.{x}',
    '/..{x}',
    '/.{x}.',
    '/{x}/',
    '/%2{x}',
    '/%{x}',
    '/{x}2e',
    '/{x}2F',
    '/b/{x};{y}',
    '/{x}/{x}',
  ],
  ...[
    '/fixed',
    '/',
    '/b/',
    '/a//b',
    '/a/../b',
    '//evil.test',
    '/{x}//{y}',
    '/caf%C3%A9/{x}',
    '/{z}',
    '/x?{x}',
    '/日本',
  ],
];
const prefixes = [
  '/',
  '/a',
  '/a/',
  '/a/b',
  '/api',
  '/files',
  '/shop',
  '/caf%C3%A9',
  '/caf%c3%a9',
  '/x.y',
  '/a/{x}',
  '/a/*',
  '/..',
  '/a/../b',
  '//a',
  '/%61',
];
const basePaths = [
  '/',
  '/',
  '/',
  '/base',
  '/base/',
  '/v1/api',
  '/caf%C3%A9/',
  '/..',
  '/a//b',
  '/a%2Fb',
];
const pieces = [
  '/',
  '/',
  '/',
  '/a',
  '/a',
  '/api',
  '/b',
  '/files',
  '/shop',
  '/caf%C3%A9',
  '/caf%c3%a9',
  '/x.y',
  'a',
  'b',
  '..',
  '.',
  '%2e',
  '%2E%2e',
  '%2F',
  '%5c',
  '%2f..',
  '..%2f',
  ';',
  '..;',
  '%41',
  '%25',
  '%252e',
  '%C3%A9',
  '2e',
  '@evil.test',
  ':80',
  '/evil.test',
  '~',
  "!$&'()*+,;=",
  '"',
  '|',
  '[',
  '%00',
  '%',
  '\\',
  '\xe9',
  '#',
];
const queries = [
  '',
  '',
  '',
  '?',
  '??',
  '?a=b',
  '?a=%2e%2e/..//',
  '?x=//admin/../',
  '?a?b',
  '?"<>',
  '?%41=%61',
  '?{x}',
];

/** Draws routes that the schema accepts; what it refuses is drawn again. */
export function randomRoutes(count: number, random: NextRandom): RandomRoute[] {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const routes: RandomRoute[] = [];
  while (routes.length < count) {
    const kind = random();
    const rewrite =
      kind < 0.2 ? {} : kind < 0.5 ? { stripPrefix: one(prefixes) } : { path: one(templates) };
    const paths =
      random() < 0.05 ? [] : random() < 0.8 ? [one(patterns)] : [one(patterns), one(patterns)];
    const route = {
      host: `r${routes.length}.test`,
      paths,
      keepsEncodedSlashes: random() < 0.4,
      rewrite,
      basePath: one(basePaths),
    };
    const [service, written] = writtenOf(route);
    if (
      resourceSchemas.route.safeParse(written).success &&
      resourceSchemas.service.safeParse(service).success
    )
      routes.push(route);
  }
  return routes;
}

/** The resources of these routes, all services with the same target. */
export function resourcesOf(
  routes: readonly RandomRoute[],
  address: string,
  policies: { name: string }[],
): Resource[] {
  return routes.flatMap((route) => {
    const [service, written] = writtenOf(route, address);
    return [resource('service', service), resource('route', { ...written, policies })];
  });
}

function writtenOf(
  { host, paths, keepsEncodedSlashes, rewrite, basePath }: RandomRoute,
  address = '127.0.0.1:1',
) {
  const encodedSlashes = keepsEncodedSlashes ? ('keep' as const) : ('refuse' as const);
  const service = { name: host, targets: [{ address }], basePath };
  const route = {
    name: host,
    hosts: [host],
    paths: [...paths],
    encodedSlashes,
    service: `service-${host}`,
    rewrite,
  };
  return [service, route] as const;
}

/** Draws request targets of origin form, one character per byte. */
export function randomTargets(count: number, random: NextRandom): string[] {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: count }, () => {
    let path = one(pieces.filter((piece) => piece.startsWith('/')));
    for (let left = Math.floor(random() * 6); left > 0; left--) path += one(pieces);
    return path + one(queries);
  });
}

/** The path that a route's service receives, computed independently of the proxy. */
export function expectedPath(
  { rewrite, basePath }: RandomRoute,
  path: string,
  params: Readonly<Record<string, string>> | undefined,
): string {
  const base = basePath.replace(/\/$/, '');
  if (rewrite.path !== undefined)
    return base + rewrite.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params?.[name] ?? '');
  const own = path.split('/');
  const prefix = (rewrite.stripPrefix ?? '/').replace(/\/$/, '').split('/');
  const isStripped = prefix.every((segment, index) => own[index] === segment);
  const rest = isStripped ? own.slice(prefix.length) : own.slice(1);
  return rest.length === 0 ? base || '/' : `${base}/${rest.join('/')}`;
}
