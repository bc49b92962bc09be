import { GatewayError } from '@sluice/errors';
import { ContentFault } from '../content-fault.ts';
import { phases, phaseTable, type Phase } from '../phases.ts';
import { isAlternative, type OnError, type PolicyHooks, type PolicySchema } from '../policy.ts';
import { Principal } from '../principal.ts';
import { deny, Unrecognised, type Reply } from '../reply.ts';
import type { Alternative, Finding } from './alternative.ts';
import { noAuthCounts, noteRefusal, type AuthCounts } from './auth-counts.ts';
import { finalStatuses, isFinalStatus, replyFault } from './reply-fault.ts';
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

/** The answer when a policy that is closed could not decide. */
const failed = deny('policy_failed', undefined, undefined, 'dependency_failed');

/** Timeout of a hook whose own operations set none. */
const policyTimeoutMs = 10_000;

/** The properties of a policy's schema that its wrapped hooks depend on. */
export type GuardedTraits = Pick<PolicySchema, 'authenticates' | 'authorizes' | 'errors'> & {
  /** The series of the policy; undefined when nothing is counted. */
  readonly counts?: AuthCounts | undefined;
};

const noTraits: GuardedTraits = Object.freeze({});

/** A policy and how it is attached: what the wrappers of its hooks need. */
interface Guarded extends GuardedTraits {
  readonly policy: string;
  /** `this` of the hooks. */
  readonly hooks: PolicyHooks;
  readonly mode: 'enforce' | 'shadow';
  readonly onError: OnError | undefined;
  readonly timeoutMs: number;
  /** The hook that lets requests pass, of a policy that authorises; see `PolicySchema`. */
  readonly deciding: Phase | undefined;
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
 * `StepExchange.withdraw`. Authentication is always closed, whatever `onError` says.
 */
export function guardHooks(
  policy: string,
  hooks: PolicyHooks,
  mode: 'enforce' | 'shadow',
  onError: OnError | undefined,
  timeoutMs = policyTimeoutMs,
  traits: GuardedTraits = noTraits,
): GuardedHooks {
  const deciding =
    traits.authorizes === true ? decidingPhases.find((phase) => hooks[phase]) : undefined;
  const as: Guarded = { ...traits, policy, hooks, mode, onError, timeoutMs, deciding };
  const guarded: Partial<Record<keyof GuardedHooks, unknown>> = {};
  for (const phase of phases) {
    const hook = hooks[phase];
    if (hook === undefined) continue;
    if (phase === 'authenticate' && isAlternative(as)) {
      guarded.alternative = alternative(hook as AlternativeHook, as);
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

/** The phases in which a policy may authorise a request, the first that it has decides. */
const decidingPhases = ['authorize', 'authenticate', 'receive', 'validate'] as const;

function verdictStep(phase: Phase, hook: VerdictHook<Reply>, as: Guarded): Run<Reply> {
  const closed = phase === 'authenticate' ? alwaysClosed(as) : as;
  const run = safeRun(hook, closed, phase, (verdict) => checkedReply(verdict, phase, as));
  return as.mode === 'shadow' ? inShadow(as.policy, run) : run;
}

/** A policy that depends on something and finds out who calls never fails open. */
function alwaysClosed(as: Guarded): Guarded {
  return as.onError === 'open' ? { ...as, onError: 'closed' } : as;
}

type AlternativeHook = VerdictHook<Principal | Unrecognised | Reply>;

function alternative(hook: AlternativeHook, as: Guarded): Alternative {
  const { policy, hooks, mode, authenticates } = as;
  const closed: Guarded = { ...as, onError: 'closed' };
  const check = (finding: unknown): Finding =>
    finding instanceof Principal
      ? finding
      : finding instanceof Unrecognised
        ? checkedDoubt(finding, as)
        : checkedReply(finding, 'authenticate', as);
  const run = safeRun<Principal | Unrecognised | Reply>(hook, closed, 'authenticate', check);
  const { login } = hooks;
  return {
    policy,
    run: mode === 'shadow' ? (exchange) => run(shadowOf(exchange)) : run,
    isFallback: authenticates === 'fallback',
    isShadow: mode === 'shadow',
    isOptional: hooks.optional ?? false,
    isRequired: hooks.required ?? false,
    challenges: hooks.challenges ?? [],
    hint: hooks.hint,
    // In shadow mode it is not asked: the refusal is recorded.
    login:
      login === undefined || mode === 'shadow'
        ? undefined
        : safeRun(login, closed, 'authenticate', (reply) =>
            checkedReply(reply, 'authenticate', as),
          ),
    counts: as.counts ?? noAuthCounts,
  };
}

/** Checks the refusal that {@link Unrecognised} carries. */
function checkedDoubt(doubt: Unrecognised, as: Guarded): Unrecognised {
  if (checkedReply(doubt.reply, 'authenticate', as) !== undefined) return doubt;
  throw new GatewayError('policy_failed', {
    cause: `policy "${as.policy}" returned unrecognised() without a refusal`,
  });
}

/**
 * Wraps a hook that has a result: limits its time, checks the result, and applies `onError`.
 * @param check returns the result, or throws when it is none
 */
function safeRun<Result>(
  hook: VerdictHook<Result>,
  as: Guarded,
  phase: Phase,
  check: (result: Result | undefined | void) => Result | undefined,
): Run<Result | Reply> {
  const { policy, hooks, mode, onError, timeoutMs } = as;
  const bare: Run<Result> = (exchange, response) => {
    if (response !== undefined) response.policy = policy;
    const result = hook.call(hooks, exchange, response as never);
    if (result === undefined) {
      if (response !== undefined) checkStatus(response, policy);
      return undefined;
    }
    if (!isThenable(result)) return check(result);
    const checked =
      response === undefined
        ? check
        : (late: Result | undefined | void) => {
            if (late === undefined) checkStatus(response, policy);
            return check(late);
          };
    return inTime(Promise.resolve(result).then(checked), exchange, response, policy, timeoutMs);
  };
  const isCounted = mode === 'enforce' && as.authorizes === true && as.counts !== undefined;
  const bound = isCounted ? countedRun(bare as Run<Reply>, as, phase) : bare;
  return onError === undefined && mode === 'enforce'
    ? (bound as Run<Result>)
    : withOnError(as, bound as Run<Result>);
}

/** Counts the decisions of a policy that authorises. */
function countedRun(run: Run<Reply>, as: Guarded, phase: Phase): Run<Reply> {
  const { policy, counts = noAuthCounts } = as;
  const isDeciding = phase === as.deciding;
  const note = (exchange: StepExchange, verdict: Reply | undefined): Reply | undefined => {
    if (verdict !== undefined) noteRefusal(exchange, policy, verdict, counts);
    else if (isDeciding) counts.allowed.add(1);
    return verdict;
  };
  return (exchange, response) => {
    const verdict = run(exchange, response);
    return verdict instanceof Promise
      ? verdict.then((late) => note(exchange.current, late))
      : note(exchange, verdict);
  };
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
  const fault = replyFault(verdict, isAlternative(as), as.errors);
  if (fault === undefined) return verdict as Reply;
  throw new GatewayError('policy_failed', {
    cause: `the ${phase} hook of policy "${as.policy}" answered ${fault}`,
  });
}

/**
 * Checks the status of a response after a hook of `received` or `respond`. Any other status than
 * that of a final response would end the message early, and desynchronise the connection.
 * @throws GatewayError `policy_failed`, so that `onError` decides
 */
function checkStatus({ status }: StepResponse, policy: string): void {
  if (isFinalStatus(status)) return;
  throw new GatewayError('policy_failed', {
    cause: `policy "${policy}" set the response status ${String(status)}: ${finalStatuses}`,
  });
}

/**
 * Catches the rejection of a hook that should be synchronous, so that it does not end the process.
 */
function noteLateFault(answer: unknown, policy: string, exchange: StepExchange): void {
  if (answer instanceof Promise)
    answer.catch((fault: unknown) => exchange.notePolicyFault(policy, fault));
}

function withOnError<Result>(
  { policy, onError, mode, authorizes, counts }: Guarded,
  run: Run<Result>,
): Run<Result | Reply> {
  const failures = mode === 'enforce' && authorizes === true ? counts : undefined;
  const decide = (
    exchange: StepExchange,
    fault: unknown,
    response: StepResponse | undefined,
    status: number,
  ): Verdict => {
    if (fault instanceof ContentFault) {
      if (mode === 'enforce') throw fault;
      // The policy would have refused the message; other faults end it in any case.
      return fault.code.endsWith('content_too_large') ? deny(fault.code) : undefined;
    }
    exchange.notePolicyFault(policy, fault);
    if (failures !== undefined) noteRefusal(exchange.current, policy, failed, failures);
    // The failed hook may have set a status: the response continues with the one before.
    if (response !== undefined) response.current.status = status;
    return onError === 'open' ? undefined : failed;
  };
  return (exchange, response) => {
    const status = response === undefined ? 0 : response.status;
    try {
      const verdict = run(exchange, response);
      return verdict instanceof Promise
        ? verdict.catch((fault: unknown) => decide(exchange, fault, response, status))
        : verdict;
    } catch (fault) {
      return decide(exchange, fault, response, status);
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
