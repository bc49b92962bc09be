import { hash } from 'node:crypto';
import { definePolicy, deny, type Exchange, type Reply } from '@sluice/policy-sdk';
import { limitLabel, retryAfterSeconds, windowSecondsOf, type LimitDecision, type TokenBucket } from '@sluice/ratelimit';
import { clientNetwork } from '../client-address.ts';
import { addLimitFields } from '../limit-fields.ts';
import { rateLimitSchema } from './schema.ts';

export const rateLimit = definePolicy({
  schema: rateLimitSchema,
  compile({ limit, windowSeconds, burst = limit, by, hideHeaders }, host) {
    const rule: TokenBucket = { algorithm: 'token-bucket', ratePerSecond: limit / windowSeconds, burst };
    const caller = callerBy(by);
    // Named by the attachment, not by its numbers: changing them does not reset what was counted.
    const keyPrefix = `${host.policyId}|`;
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
        const decisions = limits.take([{ key: keyPrefix + caller(exchange), rule }]);
        return decisions instanceof Promise ? decisions.then((late) => answer(exchange, late)) : answer(exchange, decisions);
      },
    };
  },
});

/** Names who is counted together. Different kinds of callers never share a name. */
function callerBy(by: string): (exchange: Exchange) => string {
  const address = ({ clientAddress }: Exchange): string => `address:${clientNetwork(clientAddress)}`;
  switch (by) {
    case 'consumer':
      return (exchange) => (exchange.consumer === undefined ? address(exchange) : `consumer:${exchange.consumer.id}`);
    case 'credential':
      return (exchange) => (exchange.credential === undefined ? address(exchange) : `credential:${exchange.credential.id}`);
    case 'address':
      return address;
    case 'route':
      return ({ route }) => `route:${route.id}`;
    case 'service':
      return ({ service }) => `service:${service?.id ?? 'none'}`;
    case 'gateway':
      return ({ gateway }) => `gateway:${gateway.id}`;
    default: {
      const name = by.slice('header:'.length).toLowerCase();
      return ({ headers }) => `header:${headerCaller(headers.getAll(name))}`;
    }
  }
}

/** Hashed, because a value may be long or a secret, and keys end up in Redis. */
function headerCaller(values: readonly string[]): string {
  return values.length === 0 ? 'absent' : hash('sha256', values.join('\n'), 'base64url');
}
