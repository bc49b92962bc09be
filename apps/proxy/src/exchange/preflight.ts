import { deny, listItems, preflightMethod } from '@sluice/policy-sdk';
import type { Exchange } from './exchange.ts';
import { removeUnreadClaims } from './identity-fields.ts';

/**
 * Matches a CORS preflight request (https://fetch.spec.whatwg.org/#cors-preflight-request) to the
 * route of the announced request, when a policy of that route answers preflight requests. Otherwise
 * the request is matched like any other OPTIONS request.
 * @returns whether the exchange has a route now
 */
export function matchPreflight(exchange: Exchange): boolean {
  const { headers, runtime } = exchange;
  const method = preflightMethod(exchange);
  if (method === undefined || exchange.downstream.hasEncodedSlash) return false;
  const names = listItems(headers.getAll('access-control-request-headers'));
  const announced = new Set(names.map((name) => name.toLowerCase()));
  const mayHave = (name: string, value: string): boolean =>
    announced.has(name) ||
    (headers.has(name) ? headers.get(name) === value : sentUnannounced.has(name));
  const found = runtime.router.matchPreflight(exchange, method, mayHave);
  if (found === undefined) return false;
  const plan = runtime.planFor(found.route);
  if (!plan.pipeline.answersPreflight) return false;
  exchange.plan = plan;
  exchange.use(plan.pipeline);
  removeUnreadClaims(exchange);
  exchange.pattern = found.pattern;
  if (found.params !== undefined) exchange.params = found.params;
  exchange.downstream.maxBodyBytes = plan.maxBodyBytes;
  // Used when no policy answers: the route itself does not accept OPTIONS.
  const { methods } = found.route;
  if (methods.length > 0 && !methods.includes('OPTIONS')) {
    exchange.refusal = deny('method_not_allowed', undefined, [['Allow', methods.join(', ')]]);
  }
  return true;
}

/** Fields that a request may have although its preflight neither contains nor announces them. */
const sentUnannounced: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'range',
  'cookie',
]);
