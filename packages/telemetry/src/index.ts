export { AccessLog } from './access-log/access-log.ts';
export type { AccessLogOptions } from './access-log/access-log.ts';
export type { AccessRecord } from './access-log/access-record.ts';
export { fileSink, standardOutput, streamSink } from './access-log/line-sink.ts';
export type { LineSink } from './access-log/line-sink.ts';
export type { ExchangeFacts } from './exchange-facts.ts';
export { createLogger } from './logger.ts';
export type { LoggerOptions } from './logger.ts';
export type { Logger } from 'pino';
export { Counter, CounterSeries } from './metrics/counter.ts';
export { EventLoopLag } from './metrics/event-loop-lag.ts';
export {
  exposition,
  metricsFormatFor,
  metricsMediaTypes,
  renderOpenMetrics,
  renderPrometheus,
} from './metrics/exposition.ts';
export type { MetricsFormat } from './metrics/exposition.ts';
export { GatewayMetrics } from './metrics/gateway-metrics.ts';
export type { PolicyMode } from './metrics/gateway-metrics.ts';
export { Gauge } from './metrics/gauge.ts';
export { Histogram, HistogramSeries } from './metrics/histogram.ts';
export { accessLogFields } from './access-log-fields.ts';
export type { AccessLogField } from './access-log-fields.ts';
export { addProcessMetrics } from './metrics/process-metrics.ts';
export { MetricsRegistry } from './metrics/registry.ts';
export { RouteMetrics } from './metrics/route-metrics.ts';
export { mergeSnapshots } from './metrics/snapshot.ts';
export type { MetricSnapshot, MetricsSnapshot, SeriesSnapshot } from './metrics/snapshot.ts';
export { controlPlaneMetricDefinitions, writeSpanAttributes } from './control-plane-names.ts';
export { metricDefinitions, otherLabel, resourceAttributes, spanAttributes } from './names.ts';
export type { MetricDefinition } from './names.ts';
export { requestId } from './random-ids.ts';
export { telemetryReference } from './reference.ts';
export { ApplySpans } from './trace/apply-spans.ts';
export type { ApplyFacts } from './trace/apply-spans.ts';
export { otelVariables } from './trace/otel-variables.ts';
export type { OtelValues, OtelVariableName } from './trace/otel-variables.ts';
export { SpanExport } from './trace/span-export.ts';
export type { SpanExportOptions } from './trace/span-export.ts';
export { traceResource } from './trace/trace-resource.ts';
export { readTraceSettings } from './trace/trace-settings.ts';
export type { TraceSettings } from './trace/trace-settings.ts';
export { clientGone } from './trace/span-facts.ts';
export type { AttemptFacts, SpanFacts } from './trace/span-facts.ts';
export { TraceContext } from './trace/trace-context.ts';
export { formatTraceparent, parseTraceparent } from './trace/traceparent.ts';
export type { Traceparent } from './trace/traceparent.ts';
export { isValidTracestate } from './trace/tracestate.ts';
export { Tracer } from './trace/tracer.ts';
export type { TracerOptions } from './trace/tracer.ts';
export { openFileLimit } from './process/open-file-limit.ts';
export { residentBytes } from './process/resident-memory.ts';
export { surviveUncaughtExceptions } from './process/uncaught-exceptions.ts';
