import { mergePolicies } from '@sluice/config';
import type { RequestPhase } from '@sluice/policy-sdk';
import type { PolicySteps, RequestStep, ResponseStep, SettleStep } from '../exchange/steps.ts';
import type { CompiledPolicy, PolicyChain } from './policy-chain.ts';

type Steps<Step> = readonly Step[] | undefined;

/**
 * The policies of an exchange by phase. A phase without steps is undefined and costs one
 * comparison.
 */
export class Pipeline implements PolicySteps {
  readonly receive: Steps<RequestStep>;
  readonly authenticate: Steps<RequestStep>;
  readonly authorize: Steps<RequestStep>;
  readonly limit: Steps<RequestStep>;
  readonly validate: Steps<RequestStep>;
  readonly transform: Steps<RequestStep>;
  readonly answer: Steps<RequestStep>;
  readonly respond: Steps<ResponseStep>;
  readonly settle: Steps<SettleStep>;
  /** At least one policy is custom: it may keep a reference to the exchange; see `Exchange`. */
  readonly hasCustomPolicies: boolean;
  /** At least one policy answers CORS preflight requests. */
  readonly answersPreflight: boolean;

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
    this.hasCustomPolicies = policies.some(({ isCustom }) => isCustom);
    this.answersPreflight = policies.some(({ answersPreflight }) => answersPreflight);
  }

  /**
   * Joins the chains of gateway, service, route, groups and consumer, in that order, by the rule of
   * `mergePolicies`.
   */
  static of(chains: readonly PolicyChain[]): Pipeline {
    return new Pipeline(mergePolicies(chains));
  }

  /**
   * The pipeline for requests that no route matches, and for those refused before matching: the
   * gateway's own policies, in the phases that depend on neither route nor caller. Nothing is
   * authenticated, so that path scans cost no password hashes and 404 stays 404.
   */
  static ofGateway(chain: PolicyChain): Pipeline {
    return new Pipeline(
      chain.flatMap((policy) => {
        const { receive, limit, respond, settle } = policy.hooks;
        if ((receive ?? limit ?? respond ?? settle) === undefined) return [];
        return [{ ...policy, hooks: { receive, limit, respond, settle } }];
      }),
    );
  }
}

/** The pipeline without policies, used until an exchange opens. */
export const emptyPipeline = new Pipeline([]);

function requestSteps(
  policies: readonly CompiledPolicy[],
  phase: RequestPhase,
): Steps<RequestStep> {
  return orNothing(policies.flatMap(({ hooks }) => hooks[phase] ?? []));
}

function orNothing<Step>(steps: Step[]): Steps<Step> {
  return steps.length === 0 ? undefined : steps;
}
