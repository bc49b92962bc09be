import type { RequestStep, SettleStep, StepExchange, Verdict } from './steps.ts';

/**
 * Runs the policies of a phase from an index on, until one returns a reply. Creates no promise
 * unless a policy returns one.
 */
export function runPolicies(
  policies: readonly RequestStep[],
  from: number,
  exchange: StepExchange,
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
  exchange: StepExchange,
): Promise<Verdict> {
  const verdict = await pending;
  const { current } = exchange;
  if (verdict === undefined) return runPolicies(policies, index + 1, current);
  current.stoppedBy = policies[index]?.policy;
  return verdict;
}

/** Runs the settle policies. A fault of one is recorded; the others still run. */
export function runSettle(steps: readonly SettleStep[], exchange: StepExchange): void {
  for (const step of steps) {
    try {
      step.run(exchange);
    } catch (fault) {
      exchange.notePolicyFault(step.policy, fault);
    }
  }
}
