import { GatewayError } from '@sluice/errors';
import { deny, type OnError, type PolicyHooks, type Reply, type RequestPhase, type ResponseHead } from '@sluice/policy-sdk';
import type { Exchange } from '../exchange/exchange.ts';

/** What a request hook answers: a reply to stop with, or nothing. */
export type Verdict = Reply | undefined;

/** A request hook as the pipeline runs it. It never throws when its policy has an `onError`. */
export interface RequestStep {
  readonly policy: string;
  readonly run: (exchange: Exchange) => Verdict | Promise<Verdict>;
}

export interface ResponseStep {
  readonly policy: string;
  readonly run: (exchange: Exchange, response: ResponseHead) => void;
}

export interface SettleStep {
  readonly policy: string;
  readonly run: (exchange: Exchange) => void;
}

export type GuardedHooks = { readonly [Phase in RequestPhase]?: RequestStep | undefined } & {
  readonly respond?: ResponseStep | undefined;
  readonly settle?: SettleStep | undefined;
};

const requestPhases: readonly RequestPhase[] = ['receive', 'authenticate', 'authorize', 'limit', 'validate', 'transform', 'answer'];

/** What a policy waits for has time limits of its own; this is for one that forgot. */
const policyTimeoutMs = 10_000;

/**
 * Wraps a policy's hooks once, when they are compiled, so that the request path pays only for what is used: in shadow
 * mode the hook works on a copy and its verdict is noted instead of returned; with `onError` a fault becomes 503 or is let
 * pass. In shadow mode a fault never reaches the request. A hook that does not answer within `timeoutMs` has failed, and
 * what it does afterwards reaches nothing: see `Exchange.withdraw`.
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
      return isThenable(verdict) ? inTime(verdict, exchange, policy, timeoutMs) : verdict;
    };
    const safe = onError === undefined && mode === 'enforce' ? bound : withOnError(policy, bound, onError);
    guarded[phase] = { policy, run: mode === 'shadow' ? inShadow(policy, safe) : safe };
  }
  const { respond, settle } = hooks;
  if (respond !== undefined) {
    const bound: ResponseStep['run'] = (exchange, response) =>
      noteLateFault(respond.call(hooks, exchange, response), policy, exchange);
    const observe: ResponseStep['run'] = (exchange, response) => bound(shadowOf(exchange), { ...response, headers: response.headers.clone() });
    guarded.respond = { policy, run: responseStep(policy, mode === 'shadow' ? observe : bound, mode === 'shadow' ? 'open' : onError) };
  }
  if (settle !== undefined) guarded.settle = { policy, run: (exchange) => noteLateFault(settle.call(hooks, exchange), policy, exchange) };
  return guarded;
}

/** True for a promise, also one that is not of this realm or of another library. Costs one comparison when there is no verdict. */
function isThenable(verdict: Verdict | PromiseLike<Verdict>): verdict is PromiseLike<Verdict> {
  return verdict !== undefined && verdict !== null && 'then' in verdict;
}

/** Waits for the verdict. When it takes too long, the exchange is withdrawn before anything else happens to the request. */
function inTime(verdict: PromiseLike<Verdict>, exchange: Exchange, policy: string, timeoutMs: number): Promise<Verdict> {
  const pending = Promise.resolve(verdict);
  return new Promise((resolve, reject) => {
    const late = (): void => {
      reject(new GatewayError('policy_failed', { cause: `the policy "${policy}" did not answer within ${timeoutMs} ms` }));
      // Before anything comes of the rejection, which is heard of in a microtask.
      exchange.withdraw();
    };
    const timer = setTimeout(late, timeoutMs);
    const over = (): void => clearTimeout(timer);
    pending.then(over, over);
    pending.then(resolve, reject);
  });
}

/** A hook that ought not to wait did: what it rejects with must not end the process. */
function noteLateFault(answer: unknown, policy: string, exchange: Exchange): void {
  if (answer instanceof Promise) answer.catch((fault: unknown) => exchange.notePolicyFault(policy, fault));
}

function withOnError(policy: string, run: RequestStep['run'], onError: OnError | undefined): RequestStep['run'] {
  const decide = (exchange: Exchange, fault: unknown): Verdict => {
    exchange.notePolicyFault(policy, fault);
    return onError === 'open' ? undefined : deny('policy_failed');
  };
  return (exchange) => {
    try {
      const verdict = run(exchange);
      return verdict instanceof Promise ? verdict.catch((fault: unknown) => decide(exchange, fault)) : verdict;
    } catch (fault) {
      return decide(exchange, fault);
    }
  };
}

/** A response hook has no verdict: a fault is let pass, or becomes one of ours that ends in 503. */
function responseStep(policy: string, run: ResponseStep['run'], onError: OnError | undefined): ResponseStep['run'] {
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
  const note = (exchange: Exchange, verdict: Verdict): undefined => {
    if (verdict !== undefined) exchange.noteShadow(policy);
    return undefined;
  };
  return (exchange) => {
    const verdict = run(shadowOf(exchange));
    return verdict instanceof Promise ? verdict.then((late) => note(exchange, late)) : note(exchange, verdict);
  };
}

/** The same exchange, except that what is done to it leaves no trace. */
function shadowOf(exchange: Exchange): Exchange {
  const nothing = { value: () => undefined };
  const shadow: Exchange = Object.create(exchange, {
    // A signal of its own: that the shadow took too long concerns the shadow alone.
    abortController: { value: undefined, writable: true },
    withdraw: { value: () => shadow.abortController?.abort() },
    hideOnForward: nothing,
    headers: { value: exchange.headers.clone() },
    identify: nothing,
    limitContent: nothing,
    addResponseHeader: nothing,
    setResponseHeader: nothing,
  }) as Exchange;
  return shadow;
}
