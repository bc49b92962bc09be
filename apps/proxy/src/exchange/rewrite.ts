import { deny, type Reply } from '@sluice/policy-sdk';
import type { Exchange } from './exchange.ts';
import { RewriteFault } from '../runtime/target-rewrite.ts';

/**
 * Works out the path that the service is to be sent, once for an exchange: every attempt, the log and the spans take it from
 * here. Answers a refusal when the rewrite of the route makes something of this request's path that is not normal.
 */
export function rewriteTarget(exchange: Exchange): Reply | undefined {
  const rewrite = exchange.plan?.rewrite;
  if (rewrite === undefined) return undefined;
  const rewritten = rewrite.rewrite(exchange.path, exchange.params);
  if (rewritten instanceof RewriteFault) {
    exchange.reason = rewritten.reason;
    return deny(rewritten.code);
  }
  exchange.rewrittenPath = rewritten;
  return undefined;
}

/** The request target for the upstream: the path of {@link rewriteTarget}, and the query as it came, its `?` included. */
export function upstreamRequestTarget(exchange: Exchange): string {
  const path = exchange.rewrittenPath ?? exchange.path;
  return exchange.downstream.hasQuery ? `${path}?${exchange.query}` : path;
}

/**
 * The Host for the upstream, as the route's rewrite says. A request of HTTP/1.0 may have no host to preserve: the target's
 * is sent then.
 */
export function upstreamAuthority(exchange: Exchange, targetAddress: string): string {
  const host = exchange.plan?.route.spec.rewrite.host;
  if (host === undefined || host === 'target') return targetAddress;
  if (host !== 'preserve') return host;
  const { authority } = exchange.downstream;
  return authority === '' ? targetAddress : authority;
}
