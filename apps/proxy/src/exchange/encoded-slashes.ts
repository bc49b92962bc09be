import { isNormalPath, keepEncodedSlash } from '@sluice/http1';
import type { ExchangeRoute } from './configuration.ts';
import type { Exchange } from './exchange.ts';

/**
 * Returns whether the route accepts a path that contains `%2F` or `%5C`. The route must allow it.
 * Some upstreams decode these as separators, so the decoded path must not match another route:
 * `/admin%2Fusers` must not bypass the policies of `/admin/*`. Neither escape may follow the first
 * slash directly, where the decoded path would name a host. The path itself is not changed.
 */
export function mayKeepEncodedSlashes(
  exchange: Exchange,
  route: ExchangeRoute | undefined,
): boolean {
  if (route?.spec.encodedSlashes !== 'keep' || !isNormalPath(exchange.path, keepEncodedSlash))
    return false;
  const slashes = readWith(exchange.path, /%2F/g);
  const both = readWith(exchange.path, /%(?:2F|5C)/g);
  if (!matchesNoOther(exchange, slashes, route)) return false;
  return both === slashes || matchesNoOther(exchange, both, route);
}

/**
 * The path as an upstream that decodes these separators reads it. It has no dot segments: see
 * `normalizeTarget` in packages/http1.
 */
function readWith(path: string, separators: RegExp): string {
  return path.replace(separators, '/').replace(/\/{2,}/g, '/');
}

function matchesNoOther(exchange: Exchange, path: string, route: ExchangeRoute): boolean {
  const { host, query, method } = exchange;
  const { route: other } = exchange.runtime.router.match({
    host,
    path,
    query,
    method,
    header: (name) => exchange.header(name),
  });
  return other === undefined || other === route;
}
