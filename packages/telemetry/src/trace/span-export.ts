import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { LookupFunction } from 'node:net';
import { errorMessage } from '@sluice/errors';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpProtocol } from './otel-variables.ts';

export interface SpanExportOptions {
  /**
   * Base address of an OTLP/HTTP receiver, such as `http://127.0.0.1:4318`; `v1/traces` is
   * appended.
   */
  readonly endpoint: string;
  /** True when `endpoint` is the whole address, so that nothing is appended. Default false. */
  readonly isComplete?: boolean;
  /** Default `http/protobuf`. */
  readonly protocol?: OtlpProtocol;
  /** Fields sent with each export, such as one that authorizes it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Resolves the name of the endpoint; by default Node resolves it in its thread pool. */
  readonly lookup?: LookupFunction;
  readonly onExported: (spans: number) => void;
  /** Counts dropped spans: the queue was full, or the endpoint was down or refused them. */
  readonly onDropped: (spans: number) => void;
  /** Reports once when the endpoint begins to fail, and once when it works again. */
  readonly warn: (message: string) => void;
  /** Spans that wait for export, at most. Default 2,048. */
  readonly maxQueuedSpans?: number;
  /** How long spans are collected before they are sent. Default 1,000 ms. */
  readonly collectMs?: number;
  /** How long one export, its retries included, may take. Default 5,000 ms. */
  readonly exportTimeoutMs?: number;
}

/**
 * The address to which spans are posted. Throws an Error that says what to set when the endpoint is
 * not an HTTP address.
 */
function tracesUrl({ endpoint, isComplete = false }: SpanExportOptions): URL {
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    // The message does not repeat the text, which may contain a password.
    throw new Error(
      'the OTLP endpoint is not an http(s) address: set it to one such as http://127.0.0.1:4318',
    );
  }
  const url = new URL(endpoint);
  if (!isComplete) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url;
}

type ExportCallback = Parameters<SpanExporter['export']>[1];

/**
 * Sends spans in batches over OTLP/HTTP (protobuf). Adding a span never waits and never throws,
 * even when the endpoint fails: the queue is bounded, and spans beyond the bound are dropped and
 * counted.
 */
export class SpanExport {
  readonly #options: SpanExportOptions &
    Required<Pick<SpanExportOptions, 'maxQueuedSpans' | 'collectMs' | 'exportTimeoutMs'>>;
  readonly #processor: BatchSpanProcessor;
  readonly #origin: string;
  #queued = 0;
  #failing = false;

  constructor(options: SpanExportOptions) {
    this.#options = { maxQueuedSpans: 2_048, collectMs: 1_000, exportTimeoutMs: 5_000, ...options };
    const url = tracesUrl(options);
    this.#origin = url.origin;
    const timeoutMillis = this.#options.exportTimeoutMs;
    // `keepAlive` is the default of the exporter; `lookup` resolves names.
    const httpAgentOptions = {
      keepAlive: true,
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    };
    const Exporter = options.protocol === 'http/json' ? JsonExporter : ProtobufExporter;
    const headers = { ...options.headers };
    const otlp = new Exporter({
      url: url.href,
      headers,
      timeoutMillis,
      concurrencyLimit: 4,
      httpAgentOptions,
    });
    this.#processor = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => this.#export(otlp, spans, done),
        shutdown: () => otlp.shutdown(),
      },
      maxQueueSize: this.#options.maxQueuedSpans,
      maxExportBatchSize: Math.min(512, this.#options.maxQueuedSpans),
      scheduledDelayMillis: this.#options.collectMs,
      exportTimeoutMillis: timeoutMillis,
    });
  }

  /** Queues a span. */
  add(span: ReadableSpan): void {
    // The processor would drop it too, but would not report it.
    if (this.#queued >= this.#options.maxQueuedSpans) this.#options.onDropped(1);
    else {
      this.#queued += 1;
      this.#processor.onEnd(span);
    }
  }

  /** Sends the queued spans and ends. Waits at most `timeoutMs`; never throws. */
  async shutdown(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    // A failed export was counted and reported when it failed.
    this.#processor.shutdown().then(resolve, () => resolve());
    await promise;
    clearTimeout(timer);
  }

  #export(otlp: SpanExporter, spans: ReadableSpan[], done: ExportCallback): void {
    this.#queued -= spans.length;
    otlp.export(spans, (result) => {
      // 0 is success; the enumeration is part of a package that is not a dependency.
      if (result.code === 0) this.#succeeded(spans.length);
      else this.#failed(spans.length, result.error);
      done(result);
    });
  }

  #succeeded(spans: number): void {
    this.#options.onExported(spans);
    if (this.#failing) this.#options.warn(`spans are exported to ${this.#origin} again`);
    this.#failing = false;
  }

  #failed(spans: number, error: Error | undefined): void {
    this.#options.onDropped(spans);
    if (!this.#failing) {
      const reason = errorMessage(error ?? 'unknown error');
      this.#options.warn(
        `spans cannot be exported to ${this.#origin} and are dropped until they can: ${reason}`,
      );
    }
    this.#failing = true;
  }
}
