import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type {
  Attributes,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
  TraceState,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { schemaUrl } from '../names.ts';

export interface FinishedSpanFacts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  /** The random flag of the trace id. */
  readonly random: boolean;
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
  /** Other spans that this span is related to. Default: none. */
  readonly links?: Link[];
}

const noItems: never[] = [];
const scope = Object.freeze({ name: 'sluice', schemaUrl });
/** W3C Trace Context Level 2, section 2.2.2.5.2. */
const randomFlag = 0x02;

/** Converts milliseconds to the pair of seconds and nanoseconds that the exporter expects. */
function hrTime(timeMs: number): HrTime {
  const seconds = Math.floor(timeMs / 1_000);
  return [seconds, Math.min(999_999_999, Math.round((timeMs - seconds * 1_000) * 1e6))];
}

/**
 * A `tracestate` as it was forwarded. The class of the OpenTelemetry API drops one longer than 512
 * characters, and keys that begin with a digit, so the span would differ from the request.
 */
class KeptTraceState implements TraceState {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  serialize(): string {
    return this.#text;
  }

  /** Has no effect: the span is finished. */
  set(): TraceState {
    return this;
  }

  unset(): TraceState {
    return this;
  }

  get(key: string): string | undefined {
    const member = this.#text.split(',').find((each) => each.trim().startsWith(`${key}=`));
    return member?.trim().slice(key.length + 1);
  }
}

/**
 * A span that is created after the request, in the form that the OpenTelemetry exporter reads.
 * Always sampled: other spans are never created.
 */
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
  readonly links: Link[];
  readonly events = noItems;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  readonly #context: SpanContext;

  constructor(facts: FinishedSpanFacts, resource: Resource) {
    const { traceId, parentSpanId, startTimeMs, durationMs } = facts;
    const durationKnownMs = Math.max(0, durationMs);
    const traceState =
      facts.tracestate === undefined ? {} : { traceState: new KeptTraceState(facts.tracestate) };
    const traceFlags = TraceFlags.SAMPLED | (facts.random ? randomFlag : 0);
    this.#context = { traceId, spanId: facts.spanId, traceFlags, ...traceState };
    if (parentSpanId !== '') {
      const isRemote = facts.parentIsRemote;
      this.parentSpanContext = { traceId, spanId: parentSpanId, traceFlags, isRemote };
    }
    this.name = facts.name;
    this.kind = facts.kind;
    this.startTime = hrTime(startTimeMs);
    this.endTime = hrTime(startTimeMs + durationKnownMs);
    this.duration = hrTime(durationKnownMs);
    this.status = { code: facts.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
    this.attributes = facts.attributes;
    this.links = facts.links ?? noItems;
    this.resource = resource;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}
