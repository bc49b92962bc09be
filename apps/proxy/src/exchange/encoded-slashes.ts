import { isNormalPath, keepEncodedSlash } from '@sluice/http1';
import type { ServedRoute } from '../runtime/served.ts';
import type { Exchange } from './exchange.ts';

/**
 * Whether a path with `%2F` or `%5C` in it may take this route. The route has to say so; and since there are upstreams that
 * read the two as separators, the path must not lead to another route when it is read like that: nobody gets past the policies
 * of `/admin/*` by writing `/admin%2Fusers`. Nor may one stand directly behind the first slash, where it would begin another
 * host. The path itself stays as it is.
 */
export function mayKeepEncodedSlashes(exchange: Exchange, route: ServedRoute | undefined): boolean {
  if (route?.spec.encodedSlashes !== 'keep' || !isNormalPath(exchange.path, keepEncodedSlash)) return false;
  const slashes = readWith(exchange.path, /%2F/g);
  const both = readWith(exchange.path, /%(?:2F|5C)/g);
  return leadsNowhereElse(exchange, slashes, route) && (both === slashes || leadsNowhereElse(exchange, both, route));
}

/** The path as who decodes these would read it. Beside them there are no dot segments: see `normalizeTarget` in packages/http1. */
function readWith(path: string, separators: RegExp): string {
  return path.replace(separators, '/').replace(/\/{2,}/g, '/');
}

function leadsNowhereElse(exchange: Exchange, path: string, route: ServedRoute): boolean {
  const { host, query, method } = exchange;
  const { route: other } = exchange.runtime.router.match({ host, path, query, method, header: (name) => exchange.header(name) });
  return other === undefined || other === route;
}
