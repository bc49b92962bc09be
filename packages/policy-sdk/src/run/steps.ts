import type { RequestBody, UpstreamResponse } from '../body.ts';
import type { Exchange, ResponseHead } from '../exchange.ts';
import type { AuthReason } from '../auth-reason.ts';
import type { Outcome } from '../outcome.ts';
import type { Phase, PhaseRow, phaseTable } from '../phases.ts';
import type { Principal } from '../principal.ts';
import type { Reply } from '../reply.ts';

/**
 * The exchange as guard and runner use it: what policies see, and what they do not. The exchanges
 * of the gateway and of `PolicyTester` implement it.
 */
export interface StepExchange extends Exchange {
  /** Created when a policy reads `signal`. */
  abortController: AbortController | undefined;
  /** The exact reason of a failure, for the log; never sent to the client. */
  reason: string | undefined;
  /** The policy whose reply stopped the exchange. */
  stoppedBy: string | undefined;
  /** The policy that recognised the caller, or that refused to. */
  authPolicy: string | undefined;
  /** Why authentication or authorisation refused the request; undefined when it did not. */
  authReason: AuthReason | undefined;
  /** Whether this is the copy for a hook in shadow mode. */
  readonly isShadow: boolean;
  /** The exchange that continues this request: another object after a policy timeout. */
  readonly current: StepExchange;
  /**
   * Milliseconds that reads have waited for content of the client or the upstream: they do not
   * count against the time limit of a hook.
   */
  readonly contentWaitedMs: number;
  /** Opens a view of the request content for one hook in shadow mode. */
  shadowRequestBody(): ShadowRequestBody;
  /** Sets the caller as an alternative recognised it. */
  accept(principal: Principal): void;
  /** Detaches the exchange from the request after a policy timeout. */
  withdraw(): void;
  /** Records that a policy in shadow mode would have stopped the exchange. */
  noteShadow(policy: string): void;
  /** Records that a policy failed and its `onError` was applied. */
  notePolicyFault(policy: string, fault: unknown): void;
}

/** The request content as a hook in shadow mode sees it: nothing it does affects the message. */
export interface ShadowRequestBody extends RequestBody {
  /** Ends its reads: the hook took too long. */
  revoke(): void;
}

/** The result of a request hook: a reply to stop with, or undefined to continue. */
export type Verdict = Reply | undefined;

/** A response as guard and runner use it. */
export interface StepResponse {
  /** The policy whose hook runs; the guard sets it. */
  policy: string;
  /** RFC 9110 section 15; the guard checks it after each hook. */
  status: number;
  /** The response that continues: another object after a policy timeout. */
  readonly current: StepResponse;
  /** Detaches the object from the response after a policy timeout: see `current`. */
  withdraw(): void;
  /** A copy for one hook in shadow mode: changes to it do not affect the response. */
  forShadow(): StepResponse;
}

/** The head of a final response, as hooks of `respond` see it. */
export interface StepResponseHead extends StepResponse, ResponseHead {}

/** The response of the upstream, as hooks of `received` see it. */
export interface StepUpstreamResponse extends StepResponse, UpstreamResponse {}

/**
 * A request hook as the pipeline runs it. With an `onError` it throws nothing but a `ContentFault`.
 */
export interface RequestStep {
  /** Undefined for a step of several policies, which sets `stoppedBy` itself. */
  readonly policy: string | undefined;
  readonly run: (exchange: StepExchange) => Verdict | Promise<Verdict>;
}

/** A hook of `received` or `respond`; see {@link RequestStep}. */
export interface ResponseStep {
  readonly policy: string;
  readonly run: (exchange: StepExchange, response: StepResponse) => Verdict | Promise<Verdict>;
}

export interface SettleStep {
  readonly policy: string;
  readonly run: (exchange: StepExchange, outcome: Outcome) => void;
}

/** The wrapped hook of each signature. */
interface StepByHook {
  readonly request: RequestStep;
  readonly response: ResponseStep;
  readonly settle: SettleStep;
}

/** The wrapped hook of a phase. */
export type StepOf<P extends Phase> = StepByHook[(typeof phaseTable)[P]['hook'] & PhaseRow['hook']];

/** The policies of an exchange by phase; a phase without policies is undefined. */
export type PolicySteps = {
  readonly [P in Phase]: readonly StepOf<P>[] | undefined;
} & {
  /** At least one policy is custom: it may keep a reference to the exchange. */
  readonly hasCustomPolicies: boolean;
  /** At least one policy answers CORS preflight requests. */
  readonly answersPreflight: boolean;
  /** {@inheritDoc Exchange.unauthorized} */
  readonly unauthorized: Reply;
  /** The lower-case names of the request fields that the policies read and remove themselves. */
  readonly readFields: ReadonlySet<string>;
};
