import { http1Faults } from '@sluice/http1';
import { deny, type Reply } from '@sluice/policy-sdk';
import type { Verdict } from '@sluice/policy-sdk/run';
import { mayKeepEncodedSlashes } from './encoded-slashes.ts';
import type { Exchange } from './exchange.ts';
import { removeClientClaims, removeUnreadClaims } from './identity-fields.ts';
import { matchPreflight } from './preflight.ts';

/**
 * Removes the fields that a client must not set, and finds the route, the service and the policies
 * of the exchange. The step {@link refuse} answers the requests refused here: the policies that
 * run on every request run first.
 */
export function match(exchange: Exchange): Verdict {
  if (exchange.runtime.gateway === undefined) return deny('not_ready', undefined, retrySoon);
  removeClientClaims(exchange);
  if (exchange.method === 'OPTIONS' && matchPreflight(exchange)) return undefined;
  const found = exchange.runtime.router.match(exchange);
  if (exchange.downstream.hasEncodedSlash && !mayKeepEncodedSlashes(exchange, found.route)) {
    exchange.reason = http1Faults.encoded_slash.reason;
    return refuseLater(exchange, deny(http1Faults.encoded_slash.error));
  }
  if (found.route === undefined) {
    if (found.code === 'method_not_allowed')
      return refuseLater(
        exchange,
        deny(found.code, undefined, [['Allow', found.allow.join(', ')]]),
      );
    return refuseLater(exchange, routeNotFound);
  }
  const plan = exchange.runtime.planFor(found.route);
  exchange.plan = plan;
  exchange.use(plan.pipeline);
  removeUnreadClaims(exchange);
  exchange.pattern = found.pattern;
  if (found.params !== undefined) exchange.params = found.params;
  exchange.downstream.maxBodyBytes = plan.maxBodyBytes;
  if (exchange.contentLength > plan.maxBodyBytes)
    return refuseLater(exchange, deny('content_too_large'));
  return undefined;
}

function refuseLater(exchange: Exchange, refusal: Reply): undefined {
  exchange.refusal = refusal;
}

/**
 * Refuses a request that {@link match} could not accept, after the policies that run on every
 * request.
 */
export function refuse(exchange: Exchange): Verdict {
  if (exchange.refusal === routeNotFound) exchange.reason = noRoute;
  return exchange.refusal;
}

const routeNotFound = deny(
  'route_not_found',
  'No route of this gateway matches host, path and method.',
);
/** For the operator, in the access log. */
const noRoute =
  'no route matches host, path and method; GET /v1/routes of the Admin API lists the routes';

const retrySoon = [['Retry-After', '1']] as const;
