import { runPolicies, type Verdict } from '@sluice/policy-sdk/run';
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
