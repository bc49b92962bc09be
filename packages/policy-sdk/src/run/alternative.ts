import type { Principal } from '../principal.ts';
import type { Reply, Unrecognised } from '../reply.ts';
import type { AuthCounts } from './auth-counts.ts';
import type { StepExchange, Verdict } from './steps.ts';

/**
 * The result of an alternative: who the caller is, a refusal, a refusal that stands only when no
 * other alternative recognises the caller, or undefined: no credential.
 */
export type Finding = Principal | Reply | Unrecognised | undefined;

/** A policy that authenticates the caller, ready to run. Its hook is wrapped; see `guardHooks`. */
export interface Alternative {
  readonly policy: string;
  readonly run: (exchange: StepExchange) => Finding | Promise<Finding>;
  /** It is asked only when no alternative found a credential. */
  readonly isFallback: boolean;
  /** Its findings are recorded and decide nothing. */
  readonly isShadow: boolean;
  /** Requests without a credential pass. */
  readonly isOptional: boolean;
  /** Its credential is needed in addition to one of the others. */
  readonly isRequired: boolean;
  readonly challenges: readonly string[];
  readonly hint: string | undefined;
  /** Replies instead of the 401 for a request without a credential. */
  readonly login: ((exchange: StepExchange) => Verdict | Promise<Verdict>) | undefined;
  readonly counts: AuthCounts;
}
