import { catalogue, GatewayError } from '@sluice/errors';
import { ContentFault } from '../content-fault.ts';
import type { OwnErrors } from '../own-errors.ts';
import { phases, phaseTable, type Phase } from '../phases.ts';
import { isAlternative, type OnError, type PolicyHooks, type PolicySchema } from '../policy.ts';
import { Principal } from '../principal.ts';
import { deny, type Reply } from '../reply.ts';
import type { Alternative } from './alternatives.ts';
import { shadowOf } from './shadow.ts';
import type { SettleStep, StepExchange, StepOf, StepResponse, Verdict } from './steps.ts';
import { inTime } from './time-limit.ts';

/**
 * The wrapped hooks of a policy. The `authenticate` hook of an alternative is in `alternative`,
 * because all alternatives of a pipeline are one step.
 */
export type GuardedHooks = { readonly [P in Phase]?: StepOf<P> | undefined } & {
  readonly alternative?: Alternative | undefined;
};

/** Timeout of a hook whose own operations set none. */
const policyTimeoutMs = 10_000;

/** The properties of a policy's schema that its wrapped hooks depend on. */
export type GuardedTraits = Pick<PolicySchema, 'authenticates' | 'errors'>;

const noTraits: GuardedTraits = Object.freeze({});

/** A policy and how it is attached: what the wrappers of its hooks need. */
interface Guarded extends GuardedTraits {
  readonly policy: string;
  /** `this` of the hooks. */
  readonly hooks: PolicyHooks;
  readonly mode: 'enforce' | 'shadow';
  readonly onError: OnError | undefined;
  readonly timeoutMs: number;
}

/** A hook that may stop the exchange. Hooks of the response phases take the response as well. */
type VerdictHook<Result> = (
  exchange: StepExchange,
  response: never,
) => Result | undefined | void | Promise<Result | undefined | void>;

/** A wrapped hook: its result is a verdict or, of an alternative, a finding. */
type Run<Result> = (
  exchange: StepExchange,
  response?: StepResponse,
) => Result | undefined | Promise<Result | undefined>;

/**
 * Wraps a policy's hooks once, when they are compiled, so that the request path pays only for what
 * is used. In shadow mode the hook works on a copy, and its verdict is recorded instead of
 * returned; a fault never affects the request. With `onError`, a fault becomes a 503 or is ignored.
 * A `ContentFault` is not the policy's: it is passed on, whatever `onError` says. A hook that does
 * not settle within `timeoutMs` has failed, and its later changes have no effect: see
 * `StepExchange.withdraw`.
 */
export function guardHooks(
  policy: string,
  hooks: PolicyHooks,
  mode: 'enforce' | 'shadow',
  onError: OnError | undefined,
  timeoutMs = policyTimeoutMs,
  { authenticates, errors }: GuardedTraits = noTraits,
): GuardedHooks {
  const as: Guarded = { policy, hooks, mode, onError, timeoutMs, authenticates, errors };
  const guarded: Partial<Record<keyof GuardedHooks, unknown>> = {};
  for (const phase of phases) {
    const hook = hooks[phase];
    if (hook === undefined) continue;
    if (phase === 'authenticate' && isAlternative(as)) {
      guarded.alternative = alternative(hook as VerdictHook<Principal | Reply>, as);
      continue;
    }
    const run =
      phaseTable[phase].hook === 'settle'
        ? settleStep(hook as SettleHook, as)
        : verdictStep(phase, hook as VerdictHook<Reply>, as);
    guarded[phase] = { policy, run };
  }
  return guarded as GuardedHooks;
}

function verdictStep(phase: Phase, hook: VerdictHook<Reply>, as: Guarded): Run<Reply> {
  const run = safeRun(hook, as, (verdict) => checkedReply(verdict, phase, as));
  return as.mode === 'shadow' ? inShadow(as.policy, run) : run;
}

function alternative(hook: VerdictHook<Principal | Reply>, as: Guarded): Alternative {
  const { policy, hooks, mode, authenticates } = as;
  const run = safeRun<Principal | Reply>(hook, as, (finding) =>
    finding instanceof Principal ? finding : checkedReply(finding, 'authenticate', as),
  );
  return {
    policy,
    run: mode === 'shadow' ? (exchange) => run(shadowOf(exchange)) : run,
    isFallback: authenticates === 'fallback',
    isShadow: mode === 'shadow',
    isOptional: hooks.optional ?? false,
    challenges: hooks.challenges ?? [],
    hint: hooks.hint,
  };
}

/**
 * Wraps a hook that has a result: limits its time, checks the result, and applies `onError`.
 * @param check returns the result, or throws when it is none
 */
function safeRun<Result>(
  hook: VerdictHook<Result>,
  as: Guarded,
  check: (result: Result | undefined | void) => Result | undefined,
): Run<Result | Reply> {
  const { policy, hooks, mode, onError, timeoutMs } = as;
  const bound: Run<Result> = (exchange, response) => {
    if (response !== undefined) response.policy = policy;
    const result = hook.call(hooks, exchange, response as never);
    if (result === undefined) return undefined;
    return isThenable(result)
      ? inTime(Promise.resolve(result).then(check), exchange, response, policy, timeoutMs)
      : check(result);
  };
  return onError === undefined && mode === 'enforce'
    ? bound
    : withOnError(policy, bound, onError, mode);
}

type SettleHook = NonNullable<PolicyHooks['settle']>;

function settleStep(hook: SettleHook, { policy, hooks }: Guarded): SettleStep['run'] {
  return (exchange, outcome) =>
    noteLateFault(hook.call(hooks, exchange, outcome), policy, exchange);
}

/** True for any promise, also one of another realm or library. */
function isThenable<Result>(result: Result | PromiseLike<Result>): result is PromiseLike<Result> {
  return typeof result === 'object' && result !== null && 'then' in result;
}

/**
 * Returns the verdict when it is a reply that can be sent, or undefined. A custom policy may be
 * plain JavaScript, so its types promise nothing.
 * @throws GatewayError `policy_failed` for anything else, so that `onError` decides
 */
function checkedReply(verdict: unknown, phase: Phase, as: Guarded): Verdict {
  if (verdict === undefined) return undefined;
  const fault = replyFault(verdict, as);
  if (fault === undefined) return verdict as Reply;
  throw new GatewayError('policy_failed', {
    cause: `the ${phase} hook of policy "${as.policy}" answered ${fault}`,
  });
}

function replyFault(verdict: unknown, as: Guarded): string | undefined {
  const { status, headers, code, error } = (verdict ?? {}) as Partial<Reply>;
  if (verdict instanceof Principal && !isAlternative(as))
    return 'with a principal: set "authenticates: true" in its schema, or call exchange.identify(…)';
  if (status === undefined || !Array.isArray(headers))
    return `${described(verdict)}: return deny(…) or reply(…) to stop, ${isAlternative(as) ? 'principal(…) for a caller, ' : ''}or undefined to go on`;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    return `with status ${status}: a final response has one from 200 to 599`;
  if (code !== undefined && !isKnown(code, error, as.errors ?? {}))
    return `with the code "${code}", which is neither in the error catalogue nor in the errors of its schema`;
  return undefined;
}

/** Codes are bounded: each is a series of a metric. */
function isKnown(code: string, error: Reply['error'], errors: OwnErrors): boolean {
  if (error === undefined) return Object.hasOwn(catalogue, code);
  return error === catalogue[code as keyof typeof catalogue] || error === errors[code];
}

function described(answer: unknown): string {
  return typeof answer === 'object' && answer !== null
    ? `an object with ${Object.keys(answer).join(', ') || 'no properties'}`
    : String(answer);
}

/**
 * Catches the rejection of a hook that should be synchronous, so that it does not end the process.
 */
function noteLateFault(answer: unknown, policy: string, exchange: StepExchange): void {
  if (answer instanceof Promise)
    answer.catch((fault: unknown) => exchange.notePolicyFault(policy, fault));
}

function withOnError<Result>(
  policy: string,
  run: Run<Result>,
  onError: OnError | undefined,
  mode: 'enforce' | 'shadow',
): Run<Result | Reply> {
  const decide = (exchange: StepExchange, fault: unknown): Verdict => {
    if (fault instanceof ContentFault) {
      if (mode === 'enforce') throw fault;
      // The policy would have refused the message; other faults end it in any case.
      return fault.code.endsWith('content_too_large') ? deny(fault.code) : undefined;
    }
    exchange.notePolicyFault(policy, fault);
    return onError === 'open' ? undefined : deny('policy_failed');
  };
  return (exchange, response) => {
    try {
      const verdict = run(exchange, response);
      return verdict instanceof Promise
        ? verdict.catch((fault: unknown) => decide(exchange, fault))
        : verdict;
    } catch (fault) {
      return decide(exchange, fault);
    }
  };
}

function inShadow(policy: string, run: Run<Reply>): Run<Reply> {
  const note = (exchange: StepExchange, verdict: Verdict): undefined => {
    if (verdict !== undefined) exchange.noteShadow(policy);
    return undefined;
  };
  return (exchange, response) => {
    const verdict = run(shadowOf(exchange), response?.forShadow());
    return verdict instanceof Promise
      ? verdict.then((late) => note(exchange, late))
      : note(exchange, verdict);
  };
}
