import type { RequestPhase } from '@sluice/policy-sdk';
import type { RequestStep, ResponseStep, SettleStep } from './guard.ts';
import type { CompiledPolicy, PolicyChain } from './policy-chain.ts';

type Steps<Step> = readonly Step[] | undefined;

/** The policies of an exchange, sorted into phases. A phase without steps is undefined: it costs one comparison. */
export class Pipeline {
  readonly receive: Steps<RequestStep>;
  readonly authenticate: Steps<RequestStep>;
  readonly authorize: Steps<RequestStep>;
  readonly limit: Steps<RequestStep>;
  readonly validate: Steps<RequestStep>;
  readonly transform: Steps<RequestStep>;
  readonly answer: Steps<RequestStep>;
  readonly respond: Steps<ResponseStep>;
  readonly settle: Steps<SettleStep>;

  constructor(policies: readonly CompiledPolicy[]) {
    this.receive = requestSteps(policies, 'receive');
    this.authenticate = requestSteps(policies, 'authenticate');
    this.authorize = requestSteps(policies, 'authorize');
    this.limit = requestSteps(policies, 'limit');
    this.validate = requestSteps(policies, 'validate');
    this.transform = requestSteps(policies, 'transform');
    this.answer = requestSteps(policies, 'answer');
    this.respond = orNothing(policies.flatMap(({ hooks }) => hooks.respond ?? []));
    this.settle = orNothing(policies.flatMap(({ hooks }) => hooks.settle ?? []));
  }

  /**
   * Joins the chains of gateway, service, route, groups and consumer, in that order. A later policy replaces an earlier
   * one of the same name in its place; see `effectivePolicies` in packages/config, which explains the same to people.
   */
  static of(chains: readonly PolicyChain[]): Pipeline {
    const byName = new Map<string, CompiledPolicy>();
    for (const chain of chains) for (const policy of chain) byName.set(policy.name, policy);
    return new Pipeline([...byName.values()]);
  }
}

/** What runs before anything is known about an exchange. */
export const emptyPipeline = new Pipeline([]);

function requestSteps(policies: readonly CompiledPolicy[], phase: RequestPhase): Steps<RequestStep> {
  return orNothing(policies.flatMap(({ hooks }) => hooks[phase] ?? []));
}

function orNothing<Step>(steps: Step[]): Steps<Step> {
  return steps.length === 0 ? undefined : steps;
}
