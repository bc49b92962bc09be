import type { GatewayMetrics, SpanExportOptions, TraceSettings } from '@sluice/telemetry';
import type { NameResolver } from '../names/name-resolver.ts';

type Counts = Pick<GatewayMetrics, 'spansExported' | 'spansDropped'>;

/**
 * How the spans of this node are exported, and counted. The name of the endpoint is resolved with
 * `names`.
 */
export function spanExport(
  otlp: NonNullable<TraceSettings['otlp']>,
  names: NameResolver,
  { spansExported, spansDropped }: Counts,
  warn: (message: string) => void,
): SpanExportOptions {
  return {
    ...otlp,
    lookup: names.lookup,
    onExported: (spans) => spansExported.add(spans),
    onDropped: (spans) => spansDropped.add(spans),
    warn,
  };
}
