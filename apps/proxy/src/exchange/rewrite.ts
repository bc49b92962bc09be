import { deny, type Reply } from '@sluice/policy-sdk';
import type { Exchange } from './exchange.ts';
import { RewriteFault } from './target-rewrite.ts';

/**
 * Computes the path for the service: every attempt, the log and the spans use it. A path that a
 * policy has set replaces the route's rewrite. Returns a refusal when the rewrite produces a path
 * that is not in normal form.
 */
export function rewriteTarget(exchange: Exchange): Reply | undefined {
  const { outgoing } = exchange;
  if (outgoing !== undefined) exchange.rewrittenPath = outgoing.path;
  const rewrite = exchange.plan?.rewrite;
  if (rewrite === undefined || outgoing?.path !== undefined) return undefined;
  const rewritten = rewrite.rewrite(exchange.path, exchange.params);
  if (rewritten instanceof RewriteFault) {
    exchange.reason = rewritten.reason;
    return deny(rewritten.code);
  }
  exchange.rewrittenPath = rewritten;
  return undefined;
}

/**
 * The request target for the upstream: the path of {@link rewriteTarget}, and the query of the
 * client or of a policy.
 */
export function upstreamRequestTarget(exchange: Exchange): string {
  const path = exchange.rewrittenPath ?? exchange.path;
  const { outgoing } = exchange;
  if (outgoing?.hasOwnQuery === true)
    return outgoing.query === undefined ? path : `${path}?${outgoing.query}`;
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
