import type { MetricDefinition } from '../names.ts';

/** The values of one combination of labels. */
export interface SeriesSnapshot {
  /** Values of the labels, in the order of the definition. */
  readonly labels: readonly string[];
  /**
   * One number for counters and gauges. For histograms the count of each bucket (not cumulative;
   * the last has no upper bound), then the sum of all observations.
   */
  readonly values: readonly number[];
}

/** One metric with all its series. */
export interface MetricSnapshot {
  readonly definition: MetricDefinition;
  readonly series: readonly SeriesSnapshot[];
}

/** All metrics of a process at one time. Plain data, so it can be sent to another process. */
export type MetricsSnapshot = readonly MetricSnapshot[];

const joinValues = Object.freeze({
  sum: (a: number, b: number) => a + b,
  max: (a: number, b: number) => Math.max(a, b),
  min: (a: number, b: number) => Math.min(a, b),
});

function joinSeries(
  definition: MetricDefinition,
  parts: readonly MetricSnapshot[],
): SeriesSnapshot[] {
  const join = joinValues[definition.type === 'gauge' ? (definition.merge ?? 'sum') : 'sum'];
  const joined = new Map<string, { labels: readonly string[]; values: number[] }>();
  for (const part of parts) {
    for (const { labels, values } of part.series) {
      const key = JSON.stringify(labels);
      const known = joined.get(key);
      if (known === undefined) joined.set(key, { labels, values: [...values] });
      else known.values = known.values.map((value, i) => join(value, values[i] ?? 0));
    }
  }
  return [...joined.values()];
}

/**
 * Merges the metrics of several processes into one, as if a single process had counted: counters
 * and histograms are added, gauges are merged as their definition says. Throws a TypeError when two
 * processes define a metric differently.
 */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const byName = new Map<string, MetricSnapshot[]>();
  for (const metric of snapshots.flat()) {
    const parts = byName.get(metric.definition.name);
    if (parts === undefined) byName.set(metric.definition.name, [metric]);
    else parts.push(metric);
  }
  return [...byName.values()].map((parts) => {
    const definition = parts[0]!.definition;
    const shape = JSON.stringify([definition.type, definition.labels, definition.bounds]);
    for (const { definition: other } of parts) {
      if (JSON.stringify([other.type, other.labels, other.bounds]) !== shape) {
        throw new TypeError(
          `metric ${definition.name} is defined differently by two processes: run the same version`,
        );
      }
    }
    return { definition, series: joinSeries(definition, parts) };
  });
}
