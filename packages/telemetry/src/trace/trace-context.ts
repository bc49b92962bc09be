import { formatTraceparent } from './traceparent.ts';

/**
 * The trace context of one request. A connection keeps one, and `Tracer.decide` fills it for each
 * request.
 */
export class TraceContext {
  /** 32 hex digits; empty when the request belongs to no trace. */
  traceId = '';
  /**
   * The id of this request: that of our span when one is recorded, else that of the caller's span.
   */
  spanId = '';
  /**
   * Id of the caller's span; empty when the trace begins here or the caller's `traceparent` was not
   * valid.
   */
  parentSpanId = '';
  /** The sampled flag, as it is forwarded. */
  sampled = false;
  /** The random flag, as it is forwarded: the right-most seven bytes of the trace id are random. */
  random = false;
  /** True when the caller's `traceparent` is forwarded unchanged. */
  isPassedOn = false;
  /** True when spans of this request are recorded. */
  recorded = false;

  /**
   * The `traceparent` to send upstream, with the span of one attempt as parent; undefined when
   * there is no trace, and the field is not sent then. `tracestate` is forwarded only when {@link
   * continued} is true and it is valid.
   */
  traceparent(spanId: string = this.spanId): string | undefined {
    return this.traceId === ''
      ? undefined
      : formatTraceparent(this.traceId, spanId, this.sampled, this.random);
  }

  /**
   * True when the trace of the caller continues, so that its `tracestate` still belongs to this
   * trace.
   */
  get continued(): boolean {
    return this.parentSpanId !== '';
  }
}
