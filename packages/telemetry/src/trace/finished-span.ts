import { SpanStatusCode, TraceFlags, createTraceState } from '@opentelemetry/api';
import type { Attributes, HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export interface FinishedSpanFacts {
  readonly name: string;
  readonly kind: SpanKind.SERVER | SpanKind.CLIENT;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  /** True when the parent belongs to another process. */
  readonly parentIsRemote: boolean;
  readonly tracestate: string | undefined;
  readonly startTimeMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

const noItems: never[] = [];
const scope = Object.freeze({ name: 'sluice' });

/** Milliseconds as the pair of seconds and nanoseconds the exporter wants. */
function hrTime(timeMs: number): HrTime {
  const seconds = Math.floor(timeMs / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((timeMs - seconds * 1_000) * 1e6))];
}

/** A span made after the fact, in the shape the OpenTelemetry exporter reads. Always sampled: others are never made. */
export class FinishedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly resource: Resource;
  readonly instrumentationScope = scope;
  readonly ended = true;
  readonly links = noItems;
  readonly events = noItems;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor(facts: FinishedSpanFacts, resource: Resource) {
    const { traceId, parentSpanId, startTimeMs, durationMs } = facts;
    const durationKnownMs = Math.max(0, durationMs);
    const traceState = facts.tracestate === undefined ? {} : { traceState: createTraceState(facts.tracestate) };
    this.#context = { traceId, spanId: facts.spanId, traceFlags: TraceFlags.SAMPLED, ...traceState };
    if (parentSpanId !== '') {
      const isRemote = facts.parentIsRemote;
      this.parentSpanContext = { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED, isRemote };
    }
    this.name = facts.name;
    this.kind = facts.kind;
    this.startTime = hrTime(startTimeMs);
    this.endTime = hrTime(startTimeMs + durationKnownMs);
    this.duration = hrTime(durationKnownMs);
    this.status = { code: facts.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
    this.attributes = facts.attributes;
    this.resource = resource;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}
