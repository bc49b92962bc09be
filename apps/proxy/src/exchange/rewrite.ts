import { deny, type Reply } from '@sluice/policy-sdk';
import type { Exchange } from './exchange.ts';
import { RewriteFault } from './target-rewrite.ts';

/**
 * Computes the path for the service, once per exchange: every attempt, the log and the spans use
 * it. Returns a refusal when the route's rewrite produces a path that is not in normal form.
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

/**
 * The request target for the upstream: the path of {@link rewriteTarget} and the unchanged query.
 */
export function upstreamRequestTarget(exchange: Exchange): string {
  const path = exchange.rewrittenPath ?? exchange.path;
  return exchange.downstream.hasQuery ? `${path}?${exchange.query}` : path;
}

/**
 * The Host for the upstream, as the route's rewrite specifies. An HTTP/1.0 request may have no Host
 * to preserve: the target's address is sent then.
 */
export function upstreamAuthority(exchange: Exchange, targetAddress: string): string {
  const host = exchange.plan?.route.spec.rewrite.host;
  if (host === undefined || host === 'target') return targetAddress;
  if (host !== 'preserve') return host;
  const { authority } = exchange.downstream;
  return authority === '' ? targetAddress : authority;
}
