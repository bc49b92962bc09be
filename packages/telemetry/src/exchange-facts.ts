import type { ErrorSource } from '@sluice/errors';

/** A resource with a name. */
interface Named {
  readonly name: string;
}

/**
 * Properties of a finished request that the access log and the spans share. The proxy's exchange
 * has these properties itself, so nothing is copied or allocated to log a request.
 */
export interface ExchangeFacts {
  readonly requestId: string;
  /** When the request began: milliseconds since the epoch, fractions allowed. */
  readonly startTimeMs: number;
  /** From the first byte of the request to the last of the response. */
  readonly durationMs: number;
  /** Status code sent; 499 when the client disconnected before a response. */
  readonly status: number;
  /** Value of `grpc-status` sent to the client; -1 without one. */
  readonly grpcStatus: number;
  /** Origin of the response. */
  readonly source: ErrorSource;
  /** A code of the catalogue, or one that a policy declares. */
  readonly code: string | undefined;
  readonly method: string;
  /** Host without port, normalised. */
  readonly host: string;
  /** Path without query, normalised. */
  readonly path: string;
  /** HTTP version: `1.0`, `1.1`, `2`. */
  readonly protocol: string;
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
  /** Undefined, or with an empty name, when no route matched. */
  readonly route: Named | undefined;
  readonly service: Named | undefined;
  readonly consumer: { readonly username: string } | undefined;
  readonly revision: number;
}

/** The largest number of characters of a reason in logs. */
export const maxReasonChars = 512;

/** The largest number of characters of a User-Agent in logs and spans. */
export const maxUserAgentChars = 256;
