import type { Spec } from '@sluice/config';
import type { Exchange } from './exchange.ts';

/** The request target for the upstream: base path, rewritten path, query. The query goes on as it came. */
export function upstreamRequestTarget(exchange: Exchange): string {
  const { plan, path, query } = exchange;
  if (plan?.service === undefined) return path;
  const rewritten = plan.service.basePath + rewritePath(path, plan.route.spec.rewrite, exchange.params);
  return query === '' ? rewritten : `${rewritten}?${query}`;
}

/** The Host for the upstream, as the route's rewrite says. */
export function upstreamAuthority(exchange: Exchange, targetAddress: string): string {
  const host = exchange.plan?.route.spec.rewrite.host;
  if (host === undefined || host === 'target') return targetAddress;
  return host === 'preserve' ? exchange.downstream.authority : host;
}

/** Applies `stripPrefix` or `path`. Only whole segments are stripped: "/orders" leaves "/ordersX" alone. */
export function rewritePath(path: string, rewrite: Spec<'route'>['rewrite'], params: Readonly<Record<string, string>> | undefined): string {
  if (rewrite.path !== undefined) {
    return rewrite.path.replace(/\{([A-Za-z0-9_]+)\}/g, (_, name: string) => params?.[name] ?? '');
  }
  const prefix = rewrite.stripPrefix?.replace(/\/$/, '');
  if (prefix === undefined || !path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  if (rest === '') return '/';
  return rest.startsWith('/') ? rest : path;
}
