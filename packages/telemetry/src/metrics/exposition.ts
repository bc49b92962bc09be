import type { MetricDefinition } from '../names.ts';
import type { MetricSnapshot, MetricsSnapshot, SeriesSnapshot } from './snapshot.ts';

/** The formats of metrics: Prometheus text format 0.0.4 or OpenMetrics 1.0. */
export type MetricsFormat = 'prometheus' | 'openmetrics';

/** Content-Type of each format. */
export const metricsMediaTypes = Object.freeze({
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} satisfies Record<MetricsFormat, string>);

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escapeLabel = (text: string): string =>
  text.replace(/[\\"\n]/g, (character) => escapes[character]!);

function number(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** OpenMetrics writes bounds as floats: `1.0`, not `1`. */
function bound(value: number, format: MetricsFormat): string {
  return format === 'openmetrics' && Number.isInteger(value) ? `${value}.0` : number(value);
}

function labelText(names: readonly string[], values: readonly string[], le?: string): string {
  const pairs = names.map((name, i) => `${name}="${escapeLabel(values[i] ?? '')}"`);
  if (le !== undefined) pairs.push(`le="${le}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function histogramLines(
  definition: MetricDefinition,
  series: SeriesSnapshot,
  format: MetricsFormat,
): string {
  const { name, labels } = definition;
  const bounds = definition.bounds ?? [];
  let text = '';
  let count = 0;
  for (let i = 0; i <= bounds.length; i++) {
    count += series.values[i] ?? 0;
    const le = i < bounds.length ? bound(bounds[i]!, format) : '+Inf';
    text += `${name}_bucket${labelText(labels, series.labels, le)} ${count}\n`;
  }
  const own = labelText(labels, series.labels);
  return `${text}${name}_sum${own} ${number(series.values[bounds.length + 1] ?? 0)}\n${name}_count${own} ${count}\n`;
}

function head({ definition }: MetricSnapshot, format: MetricsFormat): string {
  // OpenMetrics names the family without the suffix its samples carry.
  const counter = format === 'openmetrics' && definition.type === 'counter';
  const family = counter ? definition.name.replace(/_total$/, '') : definition.name;
  const help = definition.help.replace(/[\\\n]/g, (character) => escapes[character]!);
  return `# HELP ${family} ${help}\n# TYPE ${family} ${definition.type}\n`;
}

/**
 * Writes metrics in pieces of about 16 KiB, so that a server can handle requests in between.
 * Sources: Prometheus text format 0.0.4, OpenMetrics 1.0.
 */
export function* exposition(
  snapshot: MetricsSnapshot,
  format: MetricsFormat,
): Generator<string, void, undefined> {
  let text = '';
  for (const metric of snapshot) {
    const { definition } = metric;
    text += head(metric, format);
    for (const series of metric.series) {
      text +=
        definition.type === 'histogram'
          ? histogramLines(definition, series, format)
          : `${definition.name}${labelText(definition.labels, series.labels)} ${number(series.values[0] ?? 0)}\n`;
      if (text.length < 16_384) continue;
      yield text;
      text = '';
    }
  }
  if (format === 'openmetrics') text += '# EOF\n';
  if (text !== '') yield text;
}

/** All metrics in Prometheus text format 0.0.4. */
export function renderPrometheus(snapshot: MetricsSnapshot): string {
  return [...exposition(snapshot, 'prometheus')].join('');
}

/** All metrics in OpenMetrics 1.0 text format. */
export function renderOpenMetrics(snapshot: MetricsSnapshot): string {
  return [...exposition(snapshot, 'openmetrics')].join('');
}

/**
 * Selects the format that the Accept field of a scraper prefers (RFC 9110 section 12.5.1); when it
 * prefers none, that of Prometheus.
 */
export function metricsFormatFor(accept: string | undefined): MetricsFormat {
  let best = 0;
  let text = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const q = weight === undefined ? 1 : Number(weight) || 0;
    if (type === 'application/openmetrics-text') best = Math.max(best, q);
    else if (type === 'text/plain') text = Math.max(text, q);
  }
  return best > text ? 'openmetrics' : 'prometheus';
}
