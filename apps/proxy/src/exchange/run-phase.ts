import type { RequestStep, Verdict } from '../runtime/guard.ts';
import type { Pipeline } from '../runtime/pipeline.ts';
import type { Exchange } from './exchange.ts';

/** Cheap refusals and preflights: nothing is known about the caller yet. */
export const receive = phase((pipeline) => pipeline.receive);
/** May this caller do this? */
export const authorize = phase((pipeline) => pipeline.authorize);
/** Does the caller still have something left to spend? */
export const limit = phase((pipeline) => pipeline.limit);
/** Is the request itself acceptable? */
export const validate = phase((pipeline) => pipeline.validate);
/** Last chance to answer instead of the upstream. */
export const answer = phase((pipeline) => pipeline.answer);

function phase(stepsOf: (pipeline: Pipeline) => readonly RequestStep[] | undefined): (exchange: Exchange) => Verdict | Promise<Verdict> {
  return (exchange) => {
    const policies = stepsOf(exchange.pipeline);
    return policies === undefined ? undefined : runPolicies(policies, 0, exchange);
  };
}

/** Runs the policies of a phase from an index on, until one stops the exchange. Makes no promise unless a policy did. */
export function runPolicies(policies: readonly RequestStep[], from: number, exchange: Exchange): Verdict | Promise<Verdict> {
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

async function waitFor(pending: Promise<Verdict>, policies: readonly RequestStep[], index: number, exchange: Exchange): Promise<Verdict> {
  const verdict = await pending;
  const { current } = exchange;
  if (verdict === undefined) return runPolicies(policies, index + 1, current);
  current.stoppedBy = policies[index]?.policy;
  return verdict;
}
