import type { RequestStep, Verdict } from './steps.ts';
import type { Exchange } from './exchange.ts';

/** Runs before authentication: cheap refusals and CORS preflights. */
export function receive(exchange: Exchange): Verdict | Promise<Verdict> {
  const policies = exchange.pipeline.receive;
  return policies === undefined ? undefined : runPolicies(policies, 0, exchange);
}

/** Checks whether the caller may make this request. */
export function authorize(exchange: Exchange): Verdict | Promise<Verdict> {
  const policies = exchange.pipeline.authorize;
  return policies === undefined ? undefined : runPolicies(policies, 0, exchange);
}

/** Counts the request against the caller's limits. */
export function limit(exchange: Exchange): Verdict | Promise<Verdict> {
  const policies = exchange.pipeline.limit;
  return policies === undefined ? undefined : runPolicies(policies, 0, exchange);
}

/** Checks the request itself. */
export function validate(exchange: Exchange): Verdict | Promise<Verdict> {
  const policies = exchange.pipeline.validate;
  return policies === undefined ? undefined : runPolicies(policies, 0, exchange);
}

/** Lets a policy answer instead of the upstream. */
export function answer(exchange: Exchange): Verdict | Promise<Verdict> {
  const policies = exchange.pipeline.answer;
  return policies === undefined ? undefined : runPolicies(policies, 0, exchange);
}

/**
 * Runs the policies of a phase from an index on, until one returns a reply. Creates no promise
 * unless a policy returns one.
 */
export function runPolicies(
  policies: readonly RequestStep[],
  from: number,
  exchange: Exchange,
): Verdict | Promise<Verdict> {
  for (let index = from; index < policies.length; index++) {
    const step = policies[index] as RequestStep;
    const verdict = step.run(exchange);
    if (verdict === undefined) continue;
    if (verdict instanceof Promise) return waitFor(verdict, policies, index, exchange);
    exchange.stoppedBy = step.policy;
    return verdict;
  }
  return undefined;
}

async function waitFor(
  pending: Promise<Verdict>,
  policies: readonly RequestStep[],
  index: number,
  exchange: Exchange,
): Promise<Verdict> {
  const verdict = await pending;
  const { current } = exchange;
  if (verdict === undefined) return runPolicies(policies, index + 1, current);
  current.stoppedBy = policies[index]?.policy;
  return verdict;
}
