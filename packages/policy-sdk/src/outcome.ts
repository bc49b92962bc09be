import type { ErrorSource } from '@sluice/errors';

/** How an exchange ended. The `settle` hooks of all policies receive the same object. */
export interface Outcome {
  /** Status code sent; 499 when the client left before there was a response. */
  readonly status: number;
  /** Code of the error that the gateway sent, or else what `brokenOff` says. */
  readonly code: string | undefined;
  /** The side that made the response, or that caused the failure. */
  readonly source: ErrorSource;
  /** The policy whose reply stopped the exchange. */
  readonly stoppedBy: string | undefined;
  /**
   * Why the client did not receive the whole response, such as `client_closed_request` or the code of a
   * failure of the upstream; undefined when it did.
   */
  readonly brokenOff: string | undefined;
  /** When the request head was complete, milliseconds since the epoch, fractions allowed. */
  readonly startTimeMs: number;
  /** From then to the last byte of the response, milliseconds. */
  readonly durationMs: number;
  /**
   * From the first attempt to the head of the response, milliseconds; undefined when the request
   * was not forwarded, or no response came.
   */
  readonly upstreamDurationMs: number | undefined;
  /** Bytes received from the client and sent to it, heads included. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Address of the target that was tried last; undefined when the request was not forwarded. */
  readonly target: string | undefined;
  /** Number of attempts to forward the request. */
  readonly attempts: number;
}
