import type { Outcome } from '../outcome.ts';
import type {
  RequestStep,
  ResponseStep,
  SettleStep,
  StepExchange,
  StepResponse,
  Verdict,
} from './steps.ts';

/**
 * Runs the policies of a phase from an index on, until one returns a reply. Creates no promise
 * unless a policy returns one.
 * @param response for the phases of the response; after a promise, continue with its `current`
 */
export function runPolicies(
  policies: readonly (RequestStep | ResponseStep)[],
  from: number,
  exchange: StepExchange,
  response?: StepResponse,
): Verdict | Promise<Verdict> {
  for (let index = from; index < policies.length; index++) {
    const step = policies[index] as RequestStep | ResponseStep;
    // Only steps of the response phases use the response, and their callers pass one.
    const verdict = step.run(exchange, response as StepResponse);
    if (verdict === undefined) continue;
    if (verdict instanceof Promise) return waitFor(verdict, policies, index, exchange, response);
    if (step.policy !== undefined) exchange.stoppedBy = step.policy;
    return verdict;
  }
  return undefined;
}

async function waitFor(
  pending: Promise<Verdict>,
  policies: readonly (RequestStep | ResponseStep)[],
  index: number,
  exchange: StepExchange,
  response: StepResponse | undefined,
): Promise<Verdict> {
  const verdict = await pending;
  const { current } = exchange;
  if (verdict === undefined) return runPolicies(policies, index + 1, current, response?.current);
  const policy = policies[index]?.policy;
  if (policy !== undefined) current.stoppedBy = policy;
  return verdict;
}

/** Runs the settle policies. A fault of one is recorded; the others still run. */
export function runSettle(
  steps: readonly SettleStep[],
  exchange: StepExchange,
  outcome: Outcome,
): void {
  for (const step of steps) {
    try {
      step.run(exchange, outcome);
    } catch (fault) {
      exchange.notePolicyFault(step.policy, fault);
    }
  }
}
