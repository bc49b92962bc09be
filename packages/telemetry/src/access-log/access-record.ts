import type { ExchangeFacts } from '../exchange-facts.ts';

/**
 * A finished request, as the access log reads it. There is no property for credentials, cookies or
 * the query, so they cannot be logged.
 */
export interface AccessRecord extends ExchangeFacts {
  /** `traceId` is empty when the request belongs to no trace. */
  readonly trace: { readonly traceId: string };
  /** Cause of a fault, if any: for operators, never for clients. */
  readonly reason: string | undefined;
  /** The policy that recognised the caller, or refused to; undefined when none did. */
  readonly authPolicy: string | undefined;
  /** Why it refused; undefined when it did not. */
  readonly authReason: string | undefined;
  /**
   * Path sent to the target, without query; undefined when it is the path of the request, or there
   * was no attempt.
   */
  readonly upstreamPath: string | undefined;
  /** Address of the target of the last attempt; undefined without one. */
  readonly targetAddress: string | undefined;
  /** Time spent with targets; negative without an attempt. */
  readonly upstreamDurationMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Names of policies in shadow mode that would have refused the request. */
  readonly shadow: readonly string[];
}
