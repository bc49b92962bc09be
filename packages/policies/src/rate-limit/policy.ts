import { hash } from 'node:crypto';
import { definePolicy, deny, type Exchange, type Reply } from '@sluice/policy-sdk';
import {
  limitLabel,
  retryAfterSeconds,
  windowSecondsOf,
  type LimitDecision,
  type LimitRequest,
  type TokenBucket,
} from '@sluice/ratelimit';
import { clientNetwork } from '@sluice/schema';
import { addLimitFields } from '../limit-fields.ts';
import { rateLimitSchema } from './schema.ts';

export const rateLimit = definePolicy({
  schema: rateLimitSchema,
  compile({ limit, windowSeconds, burst = limit, by, hideHeaders }, host) {
    const rule: TokenBucket = {
      algorithm: 'token-bucket',
      ratePerSecond: limit / windowSeconds,
      burst,
    };
    const requestsOf = callerBy(by, host.policyId, rule);
    const label = limitLabel(rateLimitSchema.name, rule, windowSecondsOf(rule, host.clock.now()));
    const { limits } = host.stores;

    function answer(exchange: Exchange, decisions: readonly LimitDecision[]): Reply | undefined {
      const [decision] = decisions;
      if (decision === undefined) throw new Error('the limit store gave no decision');
      if (!hideHeaders) addLimitFields(exchange, [{ label, decision }]);
      if (decision.allowed) return undefined;
      const seconds = String(retryAfterSeconds(decisions) ?? 1);
      return deny('rate_limited', `Try again in ${seconds} s.`, [['Retry-After', seconds]]);
    }

    return {
      limit(exchange) {
        const decisions = limits.take(requestsOf(exchange));
        return decisions instanceof Promise
          ? decisions.then((late) => answer(exchange, late))
          : answer(exchange, decisions);
      },
    };
  },
});

/** What the limit store is asked: one limit, in the form in which it takes several. */
type Requests = readonly [LimitRequest];

/**
 * Finds the counter of a request. Keys of different kinds of callers never collide. They contain
 * the policy's id, not its numbers: changing the numbers does not reset the counters.
 */
function callerBy(
  by: string,
  policyId: string,
  rule: TokenBucket,
): (exchange: Exchange) => Requests {
  const counted = (limit: string, key: string): Requests => [
    { key: `${policyId}|${key}`, rule, limit },
  ];
  const named = (kind: string): ((id: string) => Requests) =>
    remembered((id) => counted(policyId, `${kind}:${id}`));
  const byAddress = (limit: string): ((exchange: Exchange) => Requests) => {
    const ofAddress = remembered((address) => counted(limit, `address:${clientNetwork(address)}`));
    return ({ clientAddress }) => ofAddress(clientAddress);
  };
  // Anonymous callers, who may use any number of addresses, belong to another limit than known
  // callers, so that they cannot evict the counters of these from memory.
  const anonymous = byAddress(`${policyId}|address`);
  switch (by) {
    case 'consumer': {
      const ofConsumer = named('consumer');
      return (exchange) =>
        exchange.consumer === undefined ? anonymous(exchange) : ofConsumer(exchange.consumer.id);
    }
    case 'credential': {
      const ofCredential = named('credential');
      return (exchange) =>
        exchange.credential === undefined
          ? anonymous(exchange)
          : ofCredential(exchange.credential.id);
    }
    case 'address':
      return byAddress(policyId);
    case 'route': {
      const ofRoute = named('route');
      return ({ route }) => ofRoute(route.id);
    }
    case 'service': {
      const ofService = named('service');
      return ({ service }) => ofService(service?.id ?? 'none');
    }
    case 'gateway': {
      const ofGateway = named('gateway');
      return ({ gateway }) => ofGateway(gateway.id);
    }
    default: {
      const name = by.slice('header:'.length).toLowerCase();
      return ({ headers }) => counted(policyId, `header:${headerCaller(headers.getAll(name))}`);
    }
  }
}

/** Callers whose requests are cached; when there are more, the cache is cleared and fills again. */
const maxRemembered = 10_000;

/** Caches what the store is asked for each caller: making it takes longer than looking it up. */
function remembered(make: (id: string) => Requests): (id: string) => Requests {
  const known = new Map<string, Requests>();
  return (id) => {
    let requests = known.get(id);
    if (requests === undefined) {
      if (known.size >= maxRemembered) known.clear();
      requests = make(id);
      known.set(id, requests);
    }
    return requests;
  };
}

/** Hashes the values, because they may be long or secret, and keys are stored in Redis. */
function headerCaller(values: readonly string[]): string {
  return values.length === 0 ? 'absent' : hash('sha256', values.join('\n'), 'base64url');
}
