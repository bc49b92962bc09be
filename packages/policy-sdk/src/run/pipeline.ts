import { mergePolicies } from '../merge-policies.ts';
import { phases, phaseTable, type Phase } from '../phases.ts';
import { deny, type Reply } from '../reply.ts';
import { Alternatives } from './alternatives.ts';
import type { CompiledPolicy, PolicyChain } from './compile-policy.ts';
import type { GuardedHooks } from './guard.ts';
import type { PolicySteps, StepOf } from './steps.ts';

const noNames: ReadonlySet<string> = new Set();

type Steps<P extends Phase> = readonly StepOf<P>[] | undefined;

/**
 * The policies of an exchange by phase. A phase without steps is undefined and costs one
 * comparison.
 */
export class Pipeline implements PolicySteps {
  readonly receive: Steps<'receive'>;
  readonly authenticate: Steps<'authenticate'>;
  readonly authorize: Steps<'authorize'>;
  readonly limit: Steps<'limit'>;
  readonly validate: Steps<'validate'>;
  readonly transform: Steps<'transform'>;
  readonly answer: Steps<'answer'>;
  readonly received: Steps<'received'>;
  readonly respond: Steps<'respond'>;
  readonly settle: Steps<'settle'>;
  readonly hasCustomPolicies: boolean;
  readonly answersPreflight: boolean;
  readonly unauthorized: Reply;
  /** The lower-case names of the request fields that the policies read and remove themselves. */
  readonly readFields: ReadonlySet<string>;

  constructor(policies: readonly CompiledPolicy[]) {
    // One assignment per phase, so that all pipelines have the same shape.
    this.receive = stepsOf(policies, 'receive');
    this.authenticate = authenticateSteps(policies);
    this.authorize = stepsOf(policies, 'authorize');
    this.limit = stepsOf(policies, 'limit');
    this.validate = stepsOf(policies, 'validate');
    this.transform = stepsOf(policies, 'transform');
    this.answer = stepsOf(policies, 'answer');
    this.received = stepsOf(policies, 'received');
    this.respond = stepsOf(policies, 'respond');
    this.settle = stepsOf(policies, 'settle');
    this.hasCustomPolicies = policies.some(({ isCustom }) => isCustom);
    this.answersPreflight = policies.some(({ answersPreflight }) => answersPreflight);
    const group = this.authenticate?.find((step) => step instanceof Alternatives);
    this.unauthorized = group?.missing ?? withoutChallenge;
    const read = policies.flatMap(({ readFields = [] }) => readFields);
    this.readFields = read.length === 0 ? noNames : new Set(read.map((name) => name.toLowerCase()));
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
   * gateway's own policies, in the phases that depend on neither route nor caller.
   */
  static ofGateway(chain: PolicyChain): Pipeline {
    return new Pipeline(
      chain.flatMap((policy) => {
        const hooks = withoutRoute(policy.hooks);
        return hooks === undefined ? [] : [{ ...policy, hooks }];
      }),
    );
  }
}

/** The 401 where no policy authenticates callers. */
const withoutChallenge = deny('unauthorized');

/** The pipeline without policies, used until an exchange opens. */
export const emptyPipeline = new Pipeline([]);

/** The hooks that run for requests that no route matches; undefined when there are none. */
function withoutRoute(hooks: GuardedHooks): GuardedHooks | undefined {
  const kept = phases.filter((phase) => phaseTable[phase].runsUnmatched && hooks[phase]);
  return kept.length === 0
    ? undefined
    : (Object.fromEntries(kept.map((phase) => [phase, hooks[phase]])) as GuardedHooks);
}

function stepsOf<P extends Phase>(policies: readonly CompiledPolicy[], phase: P): Steps<P> {
  const steps = policies.flatMap(({ hooks }) => hooks[phase] ?? []) as StepOf<P>[];
  return steps.length === 0 ? undefined : steps;
}

/**
 * The steps of the authenticate phase: the plain policies one by one, and all alternatives together
 * in the place of the first of them.
 */
function authenticateSteps(policies: readonly CompiledPolicy[]): Steps<'authenticate'> {
  const alternatives = policies.flatMap(({ hooks }) => hooks.alternative ?? []);
  if (alternatives.length === 0) return stepsOf(policies, 'authenticate');
  const first = policies.findIndex(({ hooks }) => hooks.alternative !== undefined);
  return [
    ...(stepsOf(policies.slice(0, first), 'authenticate') ?? []),
    new Alternatives(alternatives),
    ...(stepsOf(policies.slice(first), 'authenticate') ?? []),
  ];
}
