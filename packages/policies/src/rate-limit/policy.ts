import { hash } from 'node:crypto';
import { definePolicy, deny, type Exchange, type Reply } from '@sluice/policy-sdk';
import { limitLabel, retryAfterSeconds, windowSecondsOf, type LimitDecision, type TokenBucket } from '@sluice/ratelimit';
import { clientNetwork } from '@sluice/schema';
import { addLimitFields } from '../limit-fields.ts';
import { rateLimitSchema } from './schema.ts';

export const rateLimit = definePolicy({
  schema: rateLimitSchema,
  compile({ limit, windowSeconds, burst = limit, by, hideHeaders }, host) {
    const rule: TokenBucket = { algorithm: 'token-bucket', ratePerSecond: limit / windowSeconds, burst };
    // The key contains the policy's id, not its numbers: changing the numbers does not reset the counters.
    const keyOf = callerBy(by, `${host.policyId}|`);
    const limitOf = limitBy(by, host.policyId);
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
        const decisions = limits.take([{ key: keyOf(exchange), rule, limit: limitOf(exchange) }]);
        return decisions instanceof Promise ? decisions.then((late) => answer(exchange, late)) : answer(exchange, decisions);
      },
    };
  },
});

/** Builds the counter key of a request. Keys of different kinds of callers never collide. */
function callerBy(by: string, prefix: string): (exchange: Exchange) => string {
  const named = (kind: string): ((id: string) => string) => remembered((id) => `${prefix}${kind}:${id}`);
  const ofAddress = remembered((address) => `${prefix}address:${clientNetwork(address)}`);
  const address = ({ clientAddress }: Exchange): string => ofAddress(clientAddress);
  switch (by) {
    case 'consumer': {
      const ofConsumer = named('consumer');
      return (exchange) => (exchange.consumer === undefined ? address(exchange) : ofConsumer(exchange.consumer.id));
    }
    case 'credential': {
      const ofCredential = named('credential');
      return (exchange) => (exchange.credential === undefined ? address(exchange) : ofCredential(exchange.credential.id));
    }
    case 'address':
      return address;
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
      return ({ headers }) => `${prefix}header:${headerCaller(headers.getAll(name))}`;
    }
  }
}

/**
 * Names the limit that a caller's key belongs to. Anonymous callers, who may use any number of addresses, belong to another
 * limit than known callers, so that they cannot evict the counters of these from memory.
 */
function limitBy(by: string, policyId: string): (exchange: Exchange) => string {
  if (by !== 'consumer' && by !== 'credential') return () => policyId;
  const ofAnonymous = `${policyId}|address`;
  return (exchange) => (exchange[by] === undefined ? ofAnonymous : policyId);
}

/** Callers whose keys are cached; when there are more, the cache is cleared and fills again. */
const maxRemembered = 10_000;

/** Caches the key of each caller: building it takes longer than looking it up. */
function remembered(make: (id: string) => string): (id: string) => string {
  const texts = new Map<string, string>();
  return (id) => {
    let text = texts.get(id);
    if (text === undefined) {
      if (texts.size >= maxRemembered) texts.clear();
      text = make(id);
      texts.set(id, text);
    }
    return text;
  };
}

/** Hashes the values, because they may be long or secret, and keys are stored in Redis. */
function headerCaller(values: readonly string[]): string {
  return values.length === 0 ? 'absent' : hash('sha256', values.join('\n'), 'base64url');
}
