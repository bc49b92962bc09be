import { GatewayError } from '@sluice/errors';
import { phases, phaseTable, type Phase } from '../phases.ts';
import type { OnError, PolicyHooks } from '../policy.ts';
import { deny, type Reply } from '../reply.ts';
import type {
  RequestStep,
  ResponseStep,
  SettleStep,
  StepExchange,
  StepOf,
  Verdict,
} from './steps.ts';

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

type Hook<P extends Phase> = NonNullable<PolicyHooks[P]>;

/**
 * Wraps a policy's hooks once, when they are compiled, so that the request path pays only for what
 * is used. In shadow mode the hook works on a copy, and its verdict is recorded instead of
 * returned; a fault never affects the request. With `onError`, a fault becomes a 503 or is ignored.
 * A hook that does not settle within `timeoutMs` has failed, and its later changes have no effect:
 * see `StepExchange.withdraw`.
 */
export function guardHooks(
  policy: string,
  hooks: PolicyHooks,
  mode: 'enforce' | 'shadow',
  onError: OnError | undefined,
  timeoutMs = policyTimeoutMs,
): GuardedHooks {
  const as: Guarded = { policy, hooks, mode, onError, timeoutMs };
  const guarded: Partial<Record<Phase, GuardedHooks[Phase]>> = {};
  for (const phase of phases) {
    const hook = hooks[phase];
    if (hook === undefined) continue;
    switch (phaseTable[phase].hook) {
      case 'request':
        guarded[phase] = { policy, run: requestStep(phase, hook as Hook<'receive'>, as) };
        break;
      case 'response':
        guarded[phase] = { policy, run: responseStep(hook as Hook<'respond'>, as) };
        break;
      case 'settle':
        guarded[phase] = { policy, run: settleStep(hook as Hook<'settle'>, as) };
        break;
    }
  }
  return guarded as GuardedHooks;
}

function requestStep(phase: Phase, hook: Hook<'receive'>, as: Guarded): RequestStep['run'] {
  const { policy, hooks, mode, onError, timeoutMs } = as;
  const bound: RequestStep['run'] = (exchange) => {
    const verdict = hook.call(hooks, exchange);
    if (verdict === undefined) return undefined;
    return isThenable(verdict)
      ? inTime(verdict, exchange, policy, phase, timeoutMs)
      : checkedReply(verdict, policy, phase);
  };
  const safe =
    onError === undefined && mode === 'enforce' ? bound : withOnError(policy, bound, onError);
  return mode === 'shadow' ? inShadow(policy, safe) : safe;
}

/**
 * A response hook has no verdict: a fault is ignored, or becomes a GatewayError that leads to 503.
 */
function responseStep(hook: Hook<'respond'>, as: Guarded): ResponseStep['run'] {
  const { policy, hooks, mode } = as;
  const bound: ResponseStep['run'] = (exchange, response) =>
    noteLateFault(hook.call(hooks, exchange, response), policy, exchange);
  const observe: ResponseStep['run'] = (exchange, response) =>
    bound(shadowOf(exchange), { ...response, headers: response.headers.clone() });
  const run = mode === 'shadow' ? observe : bound;
  const onError = mode === 'shadow' ? 'open' : as.onError;
  if (onError === undefined) return run;
  return (exchange, response) => {
    try {
      run(exchange, response);
    } catch (fault) {
      exchange.notePolicyFault(policy, fault);
      if (onError === 'closed') throw new GatewayError('policy_failed', { cause: fault });
    }
  };
}

function settleStep(hook: Hook<'settle'>, { policy, hooks }: Guarded): SettleStep['run'] {
  return (exchange) => noteLateFault(hook.call(hooks, exchange), policy, exchange);
}

/** True for any promise, also one of another realm or library. */
function isThenable(verdict: Reply | PromiseLike<Verdict>): verdict is PromiseLike<Verdict> {
  return typeof verdict === 'object' && verdict !== null && 'then' in verdict;
}

/**
 * Returns the verdict when it is a reply that can be sent, or undefined. A custom policy may be
 * plain JavaScript, so its types promise nothing.
 * @throws GatewayError `policy_failed` for anything else, so that `onError` decides
 */
function checkedReply(verdict: Verdict, policy: string, phase: Phase): Verdict {
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

/** Waits for the verdict. On a timeout, withdraws the exchange before the request continues. */
function inTime(
  verdict: PromiseLike<Verdict>,
  exchange: StepExchange,
  policy: string,
  phase: Phase,
  timeoutMs: number,
): Promise<Verdict> {
  const pending = Promise.resolve(verdict).then((late) => checkedReply(late, policy, phase));
  return new Promise((resolve, reject) => {
    const late = (): void => {
      reject(
        new GatewayError('policy_failed', {
          cause: `the policy "${policy}" did not answer within ${timeoutMs} ms`,
        }),
      );
      // Runs before the handlers of the rejection, which run in a microtask.
      exchange.withdraw();
    };
    const timer = setTimeout(late, timeoutMs);
    const over = (): void => clearTimeout(timer);
    pending.then(over, over);
    pending.then(resolve, reject);
  });
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
  run: RequestStep['run'],
  onError: OnError | undefined,
): RequestStep['run'] {
  const decide = (exchange: StepExchange, fault: unknown): Verdict => {
    exchange.notePolicyFault(policy, fault);
    return onError === 'open' ? undefined : deny('policy_failed');
  };
  return (exchange) => {
    try {
      const verdict = run(exchange);
      return verdict instanceof Promise
        ? verdict.catch((fault: unknown) => decide(exchange, fault))
        : verdict;
    } catch (fault) {
      return decide(exchange, fault);
    }
  };
}

function inShadow(policy: string, run: RequestStep['run']): RequestStep['run'] {
  const note = (exchange: StepExchange, verdict: Verdict): undefined => {
    if (verdict !== undefined) exchange.noteShadow(policy);
    return undefined;
  };
  return (exchange) => {
    const verdict = run(shadowOf(exchange));
    return verdict instanceof Promise
      ? verdict.then((late) => note(exchange, late))
      : note(exchange, verdict);
  };
}

/** A copy of the exchange: changes to it do not affect the request. */
function shadowOf(exchange: StepExchange): StepExchange {
  const nothing = { value: () => undefined };
  const shadow: StepExchange = Object.create(exchange, {
    // The copy has its own signal: a timeout in shadow mode must not abort the request.
    abortController: { value: undefined, writable: true },
    withdraw: { value: () => shadow.abortController?.abort() },
    hideOnForward: nothing,
    headers: { value: exchange.headers.clone() },
    identify: nothing,
    limitContent: nothing,
    addResponseHeader: nothing,
    setResponseHeader: nothing,
  }) as StepExchange;
  return shadow;
}
