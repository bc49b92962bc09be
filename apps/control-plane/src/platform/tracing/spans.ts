import { errorCode } from '@sluice/errors';
import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { Attributes, Context, Span, SpanContext } from '@opentelemetry/api';
import {
  formatTraceparent,
  parseTraceparent,
  spanAttributes,
  writeSpanAttributes,
} from '@sluice/telemetry';

const maxQueryChars = 1_024;
/** W3C Trace Context Level 2, section 2.2.2.5.2. */
const randomFlag = 0x02;

/**
 * The tracer of this program. Its spans cost nothing to speak of until `startTracing` has
 * registered the SDK.
 */
export const tracer = trace.getTracer('sluice');

/**
 * The `traceparent` (W3C Trace Context) of the span under way; undefined when it is not sampled.
 */
export function activeTraceparent(): string | undefined {
  const span = trace.getActiveSpan();
  return span === undefined ? undefined : traceparentOf(span);
}

function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!span.isRecording() || !isSpanContextValid(span.spanContext())) return undefined;
  return formatTraceparent(traceId, spanId, true, (traceFlags & randomFlag) !== 0);
}

/**
 * The context of a caller, as its `traceparent` and `tracestate` tell; empty when there is no valid
 * one.
 */
export function remoteContext(traceparent: string | undefined, tracestate?: string): Context {
  const spanContext = traceparent === undefined ? undefined : remoteSpan(traceparent, tracestate);
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

function remoteSpan(traceparent: string, tracestate?: string): SpanContext | undefined {
  const read = parseTraceparent(traceparent);
  if (read === undefined) return undefined;
  const traceState = tracestate === undefined ? {} : { traceState: createTraceState(tracestate) };
  const traceFlags =
    (read.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE) | (read.random ? randomFlag : 0);
  return {
    traceId: read.traceId,
    spanId: read.parentSpanId,
    traceFlags,
    isRemote: true,
    ...traceState,
  };
}

/**
 * Begins a span about several traced writes: a child of the last, linked to the others. Undefined
 * when there is none.
 * @param traceparents of the writes, oldest first.
 */
export function beginSpanAbout(
  traceparents: readonly string[],
  name: string,
  kind: SpanKind,
  attributes: Attributes,
): Span | undefined {
  const parent = traceparents.at(-1);
  if (parent === undefined) return undefined;
  const links = traceparents.slice(0, -1).flatMap((each) => {
    const spanContext = remoteSpan(each);
    return spanContext === undefined ? [] : [{ context: spanContext }];
  });
  return tracer.startSpan(name, { kind, attributes, links }, remoteContext(parent));
}

/**
 * Runs `work` in a span of its own, when a request that is traced is under way; otherwise without
 * one.
 */
export async function inSpan<Result>(
  name: string,
  kind: SpanKind,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  if (trace.getActiveSpan()?.isRecording() !== true) return work();
  return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Runs a statement in a span, as the conventions for databases say. The text is part of the span,
 * the parameters never are: no value that a caller sent is in the text.
 */
export function inQuerySpan<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
  if (trace.getActiveSpan()?.isRecording() !== true) return work();
  const statement = text.replace(/\s+/g, ' ').trim();
  const operation = /^\w+/.exec(statement)?.[0].toUpperCase() ?? 'SQL';
  const attributes = {
    [writeSpanAttributes.dbSystem]: 'postgresql',
    [writeSpanAttributes.dbOperation]: operation,
    [writeSpanAttributes.dbQuery]: statement.slice(0, maxQueryChars),
  };
  return inSpan(operation, SpanKind.CLIENT, attributes, work);
}

/**
 * Marks a span as failed. Of the error only its code or its class is kept: a message may hold what
 * a caller sent.
 */
function fail(span: Span, error: unknown): void {
  const driver =
    typeof error === 'object' && error !== null && 'driverError' in error
      ? error.driverError
      : undefined;
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute(
    spanAttributes.errorType,
    errorCode(driver) ?? errorCode(error) ?? (error instanceof Error ? error.name : 'unknown'),
  );
}
