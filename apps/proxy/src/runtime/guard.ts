import { GatewayError } from '@sluice/errors';
import {
  deny,
  requestPhases,
  type OnError,
  type PolicyHooks,
  type Reply,
  type RequestPhase,
} from '@sluice/policy-sdk';
import type {
  RequestStep,
  ResponseStep,
  SettleStep,
  StepExchange,
  Verdict,
} from '../exchange/steps.ts';

export type GuardedHooks = { readonly [Phase in RequestPhase]?: RequestStep | undefined } & {
  readonly respond?: ResponseStep | undefined;
  readonly settle?: SettleStep | undefined;
};

/** Timeout of a hook whose own operations set none. */
const policyTimeoutMs = 10_000;

/**
 * Wraps a policy's hooks once, when they are compiled, so that the request path pays only for what
 * is used. In shadow mode the hook works on a copy, and its verdict is recorded instead of
 * returned; a fault never affects the request. With `onError`, a fault becomes a 503 or is ignored.
 * A hook that does not settle within `timeoutMs` has failed, and its later changes have no effect:
 * see `Exchange.withdraw`.
 */
export function guardHooks(
  policy: string,
  hooks: PolicyHooks,
  mode: 'enforce' | 'shadow',
  onError: OnError | undefined,
  timeoutMs = policyTimeoutMs,
): GuardedHooks {
  const guarded: { -readonly [Phase in keyof GuardedHooks]: GuardedHooks[Phase] } = {};
  for (const phase of requestPhases) {
    const hook = hooks[phase];
    if (hook === undefined) continue;
    const bound: RequestStep['run'] = (exchange) => {
      const verdict = hook.call(hooks, exchange);
      if (verdict === undefined) return undefined;
      return isThenable(verdict)
        ? inTime(verdict, exchange, policy, timeoutMs)
        : checkedReply(verdict, policy);
    };
    const safe =
      onError === undefined && mode === 'enforce' ? bound : withOnError(policy, bound, onError);
    guarded[phase] = { policy, run: mode === 'shadow' ? inShadow(policy, safe) : safe };
  }
  const { respond, settle } = hooks;
  if (respond !== undefined) {
    const bound: ResponseStep['run'] = (exchange, response) =>
      noteLateFault(respond.call(hooks, exchange, response), policy, exchange);
    const observe: ResponseStep['run'] = (exchange, response) =>
      bound(shadowOf(exchange), { ...response, headers: response.headers.clone() });
    guarded.respond = {
      policy,
      run: responseStep(
        policy,
        mode === 'shadow' ? observe : bound,
        mode === 'shadow' ? 'open' : onError,
      ),
    };
  }
  if (settle !== undefined)
    guarded.settle = {
      policy,
      run: (exchange) => noteLateFault(settle.call(hooks, exchange), policy, exchange),
    };
  return guarded;
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
function checkedReply(verdict: Verdict, policy: string): Verdict {
  if (verdict === undefined) return undefined;
  const { status, headers } = (verdict ?? {}) as Partial<Reply>;
  if (
    Number.isInteger(status) &&
    Number(status) >= 200 &&
    Number(status) <= 599 &&
    Array.isArray(headers)
  )
    return verdict;
  throw new GatewayError('policy_failed', {
    cause: `the policy "${policy}" returned something that is not a reply`,
  });
}

/** Waits for the verdict. On a timeout, withdraws the exchange before the request continues. */
function inTime(
  verdict: PromiseLike<Verdict>,
  exchange: StepExchange,
  policy: string,
  timeoutMs: number,
): Promise<Verdict> {
  const pending = Promise.resolve(verdict).then((late) => checkedReply(late, policy));
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

/**
 * A response hook has no verdict: a fault is ignored, or becomes a GatewayError that leads to 503.
 */
function responseStep(
  policy: string,
  run: ResponseStep['run'],
  onError: OnError | undefined,
): ResponseStep['run'] {
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
