import type { Exchange as PolicyExchange, Reply, ResponseHead } from '@sluice/policy-sdk';

/** The exchange as the wrapped hooks of a policy use it; `Exchange` implements it. */
export interface StepExchange extends PolicyExchange {
  /** Created when a policy reads `signal`. */
  abortController: AbortController | undefined;
  /** The exact reason of a failure, for the log; never sent to the client. */
  reason: string | undefined;
  /** Detaches the exchange from the request after a policy timeout. */
  withdraw(): void;
  /** Records that a policy in shadow mode would have stopped the exchange. */
  noteShadow(policy: string): void;
  /** Records that a policy failed and its `onError` was applied. */
  notePolicyFault(policy: string, fault: unknown): void;
}

/** The result of a request hook: a reply to stop with, or undefined to continue. */
export type Verdict = Reply | undefined;

/** A request hook as the pipeline runs it. It never throws when its policy has an `onError`. */
export interface RequestStep {
  readonly policy: string;
  readonly run: (exchange: StepExchange) => Verdict | Promise<Verdict>;
}

export interface ResponseStep {
  readonly policy: string;
  readonly run: (exchange: StepExchange, response: ResponseHead) => void;
}

export interface SettleStep {
  readonly policy: string;
  readonly run: (exchange: StepExchange) => void;
}

/** The policies of an exchange by phase; a phase without policies is undefined. */
export interface PolicySteps {
  readonly receive: readonly RequestStep[] | undefined;
  readonly authenticate: readonly RequestStep[] | undefined;
  readonly authorize: readonly RequestStep[] | undefined;
  readonly limit: readonly RequestStep[] | undefined;
  readonly validate: readonly RequestStep[] | undefined;
  readonly transform: readonly RequestStep[] | undefined;
  readonly answer: readonly RequestStep[] | undefined;
  readonly respond: readonly ResponseStep[] | undefined;
  readonly settle: readonly SettleStep[] | undefined;
  /** At least one policy is custom: it may keep a reference to the exchange; see `Exchange`. */
  readonly hasCustomPolicies: boolean;
  /** At least one policy answers CORS preflight requests. */
  readonly answersPreflight: boolean;
}
