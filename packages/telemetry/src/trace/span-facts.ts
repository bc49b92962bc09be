import type { ErrorCode } from '@sluice/errors';
import type { ExchangeFacts } from '../exchange-facts.ts';
import type { TraceContext } from './trace-context.ts';

/** One attempt to have a target answer. */
export interface AttemptFacts {
  /** From `Tracer.attemptSpanId`; it went upstream in `traceparent`. */
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
  /** Status code received; 0 when there was no response. */
  readonly status: number;
  /** Why there was no complete response. */
  readonly code: ErrorCode | undefined;
}

/**
 * A finished request as its spans tell it. The proxy's exchange has these properties itself. The query is not among them:
 * it may hold secrets.
 */
export interface SpanFacts extends ExchangeFacts {
  readonly trace: TraceContext;
  /** The caller's `tracestate`, when its trace is continued. */
  readonly tracestate: string | undefined;
  readonly scheme: 'http' | 'https';
  /** Port the client asked for. */
  readonly port: number;
  /** The path pattern that matched, such as `/orders/*`. */
  readonly routePattern: string | undefined;
  readonly attempts: readonly AttemptFacts[];
}
