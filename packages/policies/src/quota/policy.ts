import {
  definePolicy,
  deny,
  type AttachedQuota,
  type Exchange,
  type Reply,
} from '@sluice/policy-sdk';
import { bindingLimit, retryAfterSeconds, type LimitDecision } from '@sluice/ratelimit';
import { addLimitFields } from '../limit-fields.ts';
import { quotaCounts, type QuotaCount } from './quota-counts.ts';
import { quotaSchema } from './schema.ts';

const none: readonly QuotaCount[] = [];

export const quota = definePolicy({
  schema: quotaSchema,
  compile({ hideHeaders }, host) {
    // Consumers and routes live as long as their configuration: their limits are computed once.
    const known = new WeakMap<readonly AttachedQuota[], readonly QuotaCount[]>();
    function countsOf(quotas: readonly AttachedQuota[] | undefined): readonly QuotaCount[] {
      if (quotas === undefined || quotas.length === 0) return none;
      let counts = known.get(quotas);
      if (counts === undefined) known.set(quotas, (counts = quotaCounts(quotas)));
      return counts;
    }

    function answer(
      exchange: Exchange,
      counts: readonly QuotaCount[],
      decisions: readonly LimitDecision[],
    ): Reply | undefined {
      const nowMs = host.clock.now();
      const limits = counts.map((count, index) => {
        const decision = decisions[index];
        if (decision === undefined) throw new Error('the limit store gave too few decisions');
        return { label: count.labelAt(nowMs), decision };
      });
      if (!hideHeaders) addLimitFields(exchange, limits);
      const binding = bindingLimit(limits);
      if (binding === undefined || binding.decision.allowed) return undefined;
      const seconds = String(retryAfterSeconds(decisions) ?? 1);
      const what = hideHeaders ? 'The quota' : `The quota "${binding.label.name}"`;
      return deny('quota_exceeded', `${what} is used up. Try again in ${seconds} s.`, [
        ['Retry-After', seconds],
      ]);
    }

    return {
      limit(exchange) {
        const ofConsumer = countsOf(exchange.consumer?.quotas);
        const ofRoute = countsOf(exchange.route.quotas);
        const counts =
          ofConsumer.length === 0
            ? ofRoute
            : ofRoute.length === 0
              ? ofConsumer
              : [...ofConsumer, ...ofRoute];
        if (counts.length === 0) return undefined;
        const decisions = host.stores.limits.take(counts);
        return decisions instanceof Promise
          ? decisions.then((late) => answer(exchange, counts, late))
          : answer(exchange, counts, decisions);
      },
    };
  },
});
