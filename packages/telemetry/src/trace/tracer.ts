import type { Resource } from '@opentelemetry/resources';
import { randomIds } from '../random-ids.ts';
import { exchangeSpans } from './exchange-spans.ts';
import { FinishedSpan } from './finished-span.ts';
import { SpanExport } from './span-export.ts';
import type { SpanExportOptions } from './span-export.ts';
import type { SpanFacts } from './span-facts.ts';
import { TraceContext } from './trace-context.ts';
import { traceResource } from './trace-resource.ts';
import type { ResourceFacts } from './trace-resource.ts';
import { parseTraceparent } from './traceparent.ts';

export interface TracerOptions extends ResourceFacts {
  /**
   * Share of the traces that start here to be sampled, 0 to 1. Undefined: no trace starts here, and
   * those of callers are forwarded. The decision of a caller is followed, unless {@link
   * followsParent} is false.
   */
  readonly ratio: number | undefined;
  /**
   * False: the ratio also decides about traces of callers. Default true. Without a ratio, callers
   * are always followed.
   */
  readonly followsParent?: boolean;
  /** The export of spans; without it no spans are recorded. */
  readonly export: SpanExportOptions | undefined;
}

/**
 * Traces requests: decides when a request arrives, and creates spans only after the response and
 * only for sampled requests. A request that is not recorded costs parsing the caller's
 * `traceparent`, or generating two ids.
 */
export class Tracer {
  readonly #ratio: number | undefined;
  /** Share of the traces of callers to be sampled; undefined follows the callers. */
  readonly #callersRatio: number | undefined;
  readonly #export: SpanExport | undefined;
  readonly #resource: Resource;

  /**
   * Throws a RangeError for a ratio outside 0 to 1, and an Error for an endpoint that is not an
   * HTTP address.
   */
  constructor(options: TracerOptions) {
    const { ratio } = options;
    if (ratio !== undefined && !(ratio >= 0 && ratio <= 1)) {
      throw new RangeError(`the share of sampled traces is a number from 0 to 1, not ${ratio}`);
    }
    this.#ratio = ratio;
    this.#callersRatio = options.followsParent === false ? ratio : undefined;
    this.#export = options.export && new SpanExport(options.export);
    this.#resource = traceResource(options);
  }

  /**
   * Decides how a request is traced. Takes its `traceparent` field (undefined when there is none or
   * more than one) and fills a context: the given one, or a new one. Sampling follows the caller;
   * without a caller's decision, the ratio. When no span is recorded, the caller's span id is
   * forwarded unchanged, because a new id would leave a gap in its trace.
   */
  decide(
    traceparent: string | undefined,
    context: TraceContext = new TraceContext(),
  ): TraceContext {
    const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
    if (parent === undefined) return this.#begin(context);
    context.traceId = parent.traceId;
    context.parentSpanId = parent.parentSpanId;
    context.sampled =
      this.#callersRatio === undefined
        ? parent.sampled
        : isSampled(parent.traceId, this.#callersRatio);
    context.random = parent.random;
    context.recorded = context.sampled && this.#export !== undefined;
    context.spanId = context.recorded ? randomIds.next64() : parent.parentSpanId;
    context.isPassedOn =
      context.sampled === parent.sampled && !context.recorded && parent.isOfVersion00;
    return context;
  }

  /**
   * Returns the span id for one attempt, to be sent in its `traceparent`; the id of the request
   * when nothing is recorded.
   */
  attemptSpanId(context: TraceContext): string {
    return context.recorded ? randomIds.next64() : context.spanId;
  }

  /**
   * Creates the spans of a finished request and queues them, when it is recorded. Copies everything
   * that it needs.
   */
  record(facts: SpanFacts): void {
    if (!facts.trace.recorded || this.#export === undefined) return;
    for (const span of exchangeSpans(facts))
      this.#export.add(new FinishedSpan(span, this.#resource));
  }

  /** Sends the queued spans and ends. Waits at most `timeoutMs`; never throws. */
  async shutdown(timeoutMs = 2_000): Promise<void> {
    await this.#export?.shutdown(timeoutMs);
  }

  #begin(context: TraceContext): TraceContext {
    const ratio = this.#ratio;
    const begins = ratio !== undefined;
    context.traceId = begins ? randomIds.next128() : '';
    context.spanId = begins ? randomIds.next64() : '';
    context.parentSpanId = '';
    context.sampled = begins && isSampled(context.traceId, ratio);
    // All 16 bytes of our trace ids are random; the flag tells participants that they may use them
    // for sampling.
    context.random = begins;
    context.recorded = context.sampled && this.#export !== undefined;
    context.isPassedOn = false;
    return context;
  }
}

/**
 * Decides by the random low bits of the trace id, so that every participant with the id and the
 * ratio makes the same decision.
 */
function isSampled(traceId: string, ratio: number): boolean {
  if (ratio === 0 || ratio === 1) return ratio === 1;
  return Number.parseInt(traceId.slice(-12), 16) < ratio * 2 ** 48;
}
