import type { ExchangeFacts } from '../exchange-facts.ts';
import type { TraceContext } from './trace-context.ts';

/**
 * `error.type` when the client disconnected before the end of its response. The error catalogue
 * does not contain this code.
 */
export const clientGone = 'client_closed_request';

/** One attempt to send the request to a target. */
export interface AttemptFacts {
  /** From `Tracer.attemptSpanId`; it was sent upstream in `traceparent`. */
  readonly spanId: string;
  /** Milliseconds since the epoch, fractions allowed. */
  readonly startTimeMs: number;
  readonly durationMs: number;
  readonly scheme: 'http' | 'https';
  /** Host of the target, without port. */
  readonly host: string;
  readonly port: number;
  /** Path sent, without query. */
  readonly path: string;
  /** HTTP version spoken with the target: `1.1` or `2`. */
  readonly protocol: string;
  /** Status code received; 0 when there was no response. */
  readonly status: number;
  /** Value of `grpc-status` received; -1 when there was none. */
  readonly grpcStatus: number;
  /**
   * Why there was no complete response, as a value of `error.type`: a code of the catalogue, or
   * {@link clientGone}.
   */
  readonly errorType: string | undefined;
}

/**
 * A finished request, as its spans read it. The proxy's exchange has these properties itself. The
 * query is not among them, because it may contain secrets.
 */
export interface SpanFacts extends ExchangeFacts {
  readonly trace: TraceContext;
  /** The caller's `tracestate`, when its trace is continued and the field is valid. */
  readonly tracestate: string | undefined;
  readonly scheme: 'http' | 'https';
  /** The port of the client's request; 0 when it is unknown. */
  readonly port: number;
  /** The peer of the connection: a proxy, when there is one between the client and this node. */
  readonly peerAddress: string;
  /** 0 when it is unknown. */
  readonly peerPort: number;
  /**
   * Why the client did not receive the whole response, as a value of `error.type`; undefined when
   * it did.
   */
  readonly brokenOff: string | undefined;
  /** The path pattern that matched, such as `/orders/*`. */
  readonly routePattern: string | undefined;
  readonly attempts: readonly AttemptFacts[];
}
