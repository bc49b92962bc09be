import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { ReadableSpan, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SpanExport, traceResource } from '@sluice/telemetry';
import type { SpanExportOptions, TraceSettings } from '@sluice/telemetry';

interface SdkOptions extends Pick<TraceSettings, 'sampler' | 'resourceAttributes'> {
  readonly otlp: SpanExportOptions;
  readonly resource: Parameters<typeof traceResource>[0];
}

/**
 * Registers the OpenTelemetry SDK for this process: context, sampler, resource, export. Spans are
 * made by hand (docs/adr), so there is no instrumentation that would patch modules. Metrics and
 * logs have their own way out.
 * @returns what sends the spans that are left, within a number of milliseconds, and ends the SDK.
 * It never rejects.
 */
export function registerSdk({
  otlp,
  resource,
  resourceAttributes,
  sampler,
}: SdkOptions): (timeoutMs: number) => Promise<void> {
  const exporting = new SpanExport(otlp);
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource: traceResource({ ...resource, resourceAttributes }),
    sampler: samplerOf(sampler),
    spanProcessors: [new BoundedProcessor(exporting)],
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return async (timeoutMs) => {
    await exporting.shutdown(timeoutMs);
    await sdk.shutdown().catch(() => undefined);
  };
}

/** Gives finished spans to the export that both programs share: bounded, counted, quiet. */
class BoundedProcessor implements SpanProcessor {
  private readonly exporting: SpanExport;

  constructor(exporting: SpanExport) {
    this.exporting = exporting;
  }

  onStart(): void {
    // Nothing to do before a span has ended.
  }

  onEnd(span: ReadableSpan): void {
    this.exporting.add(span);
  }

  async forceFlush(): Promise<void> {
    // Spans are sent every second, and at the end by the export itself.
  }

  async shutdown(): Promise<void> {
    // The export is shut down before the SDK, with a time-out.
  }
}

function samplerOf({ ratio, followsParent }: TraceSettings['sampler']): Sampler {
  const root =
    ratio === 1
      ? new AlwaysOnSampler()
      : ratio === 0
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio);
  // A span inside a request always follows the request: only what comes from outside is decided
  // about.
  return new ParentBasedSampler({
    root,
    ...(followsParent ? {} : { remoteParentSampled: root, remoteParentNotSampled: root }),
  });
}
