import { GatewayError } from '@sluice/errors';
import { ContentFault } from '../content-fault.ts';
import { phases, phaseTable, type Phase } from '../phases.ts';
import type { OnError, PolicyHooks } from '../policy.ts';
import { deny, type Reply } from '../reply.ts';
import { shadowOf } from './shadow.ts';
import type { SettleStep, StepExchange, StepOf, StepResponse, Verdict } from './steps.ts';
import { inTime } from './time-limit.ts';

/** The wrapped hooks of a policy. */
export type GuardedHooks = { readonly [P in Phase]?: StepOf<P> | undefined };

/** Timeout of a hook whose own operations set none. */
const policyTimeoutMs = 10_000;

/** A policy and how it is attached: what the wrappers of its hooks need. */
interface Guarded {
  readonly policy: string;
  /** `this` of the hooks. */
  readonly hooks: PolicyHooks;
  readonly mode: 'enforce' | 'shadow';
  readonly onError: OnError | undefined;
  readonly timeoutMs: number;
}

/** A hook that may stop the exchange. Hooks of the response phases take the response as well. */
type VerdictHook = (exchange: StepExchange, response: never) => Verdict | Promise<Verdict> | void;

/** A wrapped hook that may stop the exchange. */
type Run = (exchange: StepExchange, response?: StepResponse) => Verdict | Promise<Verdict>;

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
): GuardedHooks {
  const as: Guarded = { policy, hooks, mode, onError, timeoutMs };
  const guarded: Partial<Record<Phase, unknown>> = {};
  for (const phase of phases) {
    const hook = hooks[phase];
    if (hook === undefined) continue;
    const run =
      phaseTable[phase].hook === 'settle'
        ? settleStep(hook as SettleHook, as)
        : verdictStep(phase, hook as VerdictHook, as);
    guarded[phase] = { policy, run };
  }
  return guarded as GuardedHooks;
}

function verdictStep(phase: Phase, hook: VerdictHook, as: Guarded): Run {
  const { policy, hooks, mode, onError, timeoutMs } = as;
  const bound: Run = (exchange, response) => {
    const verdict = hook.call(hooks, exchange, response as never);
    if (verdict === undefined) return undefined;
    return isThenable(verdict)
      ? inTime(
          Promise.resolve(verdict).then((late) => checkedReply(late, policy, phase)),
          exchange,
          response,
          policy,
          timeoutMs,
        )
      : checkedReply(verdict, policy, phase);
  };
  const safe =
    onError === undefined && mode === 'enforce' ? bound : withOnError(policy, bound, onError, mode);
  return mode === 'shadow' ? inShadow(policy, safe) : safe;
}

type SettleHook = NonNullable<PolicyHooks['settle']>;

function settleStep(hook: SettleHook, { policy, hooks }: Guarded): SettleStep['run'] {
  return (exchange) => noteLateFault(hook.call(hooks, exchange), policy, exchange);
}

/** True for any promise, also one of another realm or library. */
function isThenable(
  verdict: Reply | PromiseLike<Verdict | void>,
): verdict is PromiseLike<Verdict | void> {
  return typeof verdict === 'object' && verdict !== null && 'then' in verdict;
}

/**
 * Returns the verdict when it is a reply that can be sent, or undefined. A custom policy may be
 * plain JavaScript, so its types promise nothing.
 * @throws GatewayError `policy_failed` for anything else, so that `onError` decides
 */
function checkedReply(verdict: Verdict | void, policy: string, phase: Phase): Verdict {
  if (verdict === undefined) return undefined;
  const { status, headers } = (verdict ?? {}) as Partial<Reply>;
  const isReply = status !== undefined && Array.isArray(headers);
  if (isReply && Number.isInteger(status) && status >= 200 && status <= 599) return verdict;
  const fault = isReply
    ? `answered with status ${status}: a final response has one from 200 to 599`
    : `answered ${described(verdict)}: return deny(…) or reply(…) to stop, or undefined to go on`;
  throw new GatewayError('policy_failed', {
    cause: `the ${phase} hook of policy "${policy}" ${fault}`,
  });
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

function withOnError(
  policy: string,
  run: Run,
  onError: OnError | undefined,
  mode: 'enforce' | 'shadow',
): Run {
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

function inShadow(policy: string, run: Run): Run {
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
