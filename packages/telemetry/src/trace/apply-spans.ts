import { SpanKind, TraceFlags } from '@opentelemetry/api';
import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import { writeSpanAttributes } from '../control-plane-names.ts';
import { spanAttributes } from '../names.ts';
import { randomIds } from '../random-ids.ts';
import { FinishedSpan } from './finished-span.ts';
import { SpanExport } from './span-export.ts';
import type { SpanExportOptions } from './span-export.ts';
import { traceResource } from './trace-resource.ts';
import type { ResourceFacts } from './trace-resource.ts';
import { parseTraceparent } from './traceparent.ts';

/** A revision of the configuration that a node received, and the result of applying it. */
export interface ApplyFacts {
  readonly revision: number;
  readonly gateway: string;
  readonly node: string;
  /** Resources that the delta changes. */
  readonly changes: number;
  /**
   * The `traceparent` of each write in it, oldest first. Another process sent them, so they may be
   * invalid.
   */
  readonly traceparents: readonly string[];
  /**
   * `drifted`: the delta did not lead to the state of the control plane, so the node asked for a
   * snapshot.
   */
  readonly outcome: 'applied' | 'refused' | 'drifted';
  /** Code of the first fault of a refused revision. */
  readonly faultCode: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startTimeMs: number;
  readonly durationMs: number;
}

/** The largest number that is read; the control plane sends no more either. */
const maxTraceparents = 32;
/** W3C Trace Context Level 2, section 2.2.2.5.2. */
const randomFlag = 0x02;

/**
 * The spans of a node about its configuration: one for each delta that contains a sampled write.
 * Its parent is the newest of these writes, and it has links to the others. They are few and not on
 * the request path.
 */
export class ApplySpans {
  readonly #export: SpanExport;
  readonly #resource: Resource;

  /** Throws an Error for an endpoint that is not an HTTP address. */
  constructor(options: ResourceFacts & { readonly export: SpanExportOptions }) {
    this.#export = new SpanExport(options.export);
    this.#resource = traceResource(options);
  }

  /** Queues the span of a delta; does nothing when no write in it was sampled. Never throws. */
  record(facts: ApplyFacts): void {
    const writes = facts.traceparents.slice(-maxTraceparents).flatMap(sampledContext);
    const parent = writes.pop();
    if (parent === undefined) return;
    const { startTimeMs, durationMs } = facts;
    this.#export.add(
      new FinishedSpan(
        {
          name: 'apply revision',
          kind: SpanKind.CONSUMER,
          traceId: parent.traceId,
          random: (parent.traceFlags & randomFlag) !== 0,
          spanId: randomIds.next64(),
          parentSpanId: parent.spanId,
          parentIsRemote: true,
          tracestate: undefined,
          startTimeMs,
          durationMs,
          failed: facts.outcome !== 'applied',
          attributes: attributesOf(facts),
          links: writes.map((context) => ({ context })),
        },
        this.#resource,
      ),
    );
  }

  /** Sends the queued spans and ends. Waits at most `timeoutMs`; never throws. */
  async shutdown(timeoutMs = 2_000): Promise<void> {
    await this.#export.shutdown(timeoutMs);
  }
}

function sampledContext(traceparent: string): SpanContext[] {
  const read = parseTraceparent(traceparent);
  if (read === undefined || !read.sampled) return [];
  return [
    {
      traceId: read.traceId,
      spanId: read.parentSpanId,
      traceFlags: TraceFlags.SAMPLED | (read.random ? randomFlag : 0),
      isRemote: true,
    },
  ];
}

function attributesOf({
  revision,
  gateway,
  node,
  changes,
  outcome,
  faultCode,
}: ApplyFacts): Attributes {
  return {
    [spanAttributes.revision]: revision,
    [writeSpanAttributes.gateway]: gateway,
    [writeSpanAttributes.node]: node,
    [writeSpanAttributes.changes]: changes,
    [writeSpanAttributes.outcome]: outcome,
    ...(outcome === 'applied' ? {} : { [spanAttributes.errorType]: faultCode ?? outcome }),
  };
}
