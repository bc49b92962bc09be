import { runPolicies, type Verdict } from '@sluice/policy-sdk/run';
import type { Exchange } from './exchange.ts';

/** Authenticates the caller; later phases also run the policies of the consumer and its groups. */
export function authenticate(exchange: Exchange): Verdict | Promise<Verdict> {
  const policies = exchange.pipeline.authenticate;
  if (policies === undefined) return undefined;
  const verdict = runPolicies(policies, 0, exchange);
  return verdict instanceof Promise
    ? verdict.then((late) => adoptConsumer(exchange.current, late))
    : adoptConsumer(exchange, verdict);
}

function adoptConsumer(exchange: Exchange, verdict: Verdict): Verdict {
  const { consumer, plan } = exchange;
  if (consumer !== undefined && plan !== undefined)
    exchange.use(exchange.runtime.pipelineFor(plan, consumer));
  return verdict;
}
