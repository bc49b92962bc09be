import type {
  PolicyCounter,
  PolicyGauge,
  PolicyHistogram,
  PolicyMetrics,
} from '@sluice/policy-sdk';
import {
  MetricDefinitions,
  maxSeriesOfPolicyMetric,
  type PolicyMetricDefinition,
} from '@sluice/policy-sdk/host';
import { otherLabel, type MetricsRegistry } from '@sluice/telemetry';

/** What policies record in the metrics of the process. */
export class RegisteredPolicyMetrics {
  readonly #registry: MetricsRegistry;
  readonly #byPolicy = new Map<string, PolicyMetrics>();

  constructor(registry: MetricsRegistry) {
    this.#registry = registry;
  }

  /** The metrics of a policy, which all its attachments share. */
  of(policy: string): PolicyMetrics {
    const known = this.#byPolicy.get(policy);
    if (known !== undefined) return known;
    const metrics = metricsOf(policy, this.#registry);
    this.#byPolicy.set(policy, metrics);
    return metrics;
  }
}

function metricsOf(policy: string, registry: MetricsRegistry): PolicyMetrics {
  const counters = new MetricDefinitions<PolicyCounter>(policy);
  const gauges = new MetricDefinitions<PolicyGauge>(policy);
  const histograms = new MetricDefinitions<PolicyHistogram>(policy);
  return {
    counter: (name, help, labels = []) =>
      counters.metric({ name, type: 'counter', help, labels }, (definition) => {
        const counter = registry.counter(bounded(definition));
        const series = new SeriesCache(definition.labels, (values) => counter.series(...values));
        return { add: (amount, ...values) => series.of(values).add(amount) };
      }),
    gauge: (name, help, labels = []) =>
      gauges.metric({ name, type: 'gauge', help, labels }, (definition) => {
        const gauge = registry.gauge(bounded(definition));
        const check = new SeriesCache(definition.labels, (values) => values);
        return { set: (value, ...values) => gauge.set(value, ...check.of(values)) };
      }),
    histogram: (name, help, bounds, labels = []) =>
      histograms.metric({ name, type: 'histogram', help, labels, bounds }, (definition) => {
        const histogram = registry.histogram(bounded(definition));
        const series = new SeriesCache(definition.labels, (values) => histogram.series(...values));
        return { record: (value, ...values) => series.of(values).record(value) };
      }),
  };
}

function bounded(definition: PolicyMetricDefinition): PolicyMetricDefinition & {
  readonly maxSeries: number;
} {
  return { ...definition, maxSeries: maxSeriesOfPolicyMetric };
}

/** Series by their label values: looking one up in the registry costs more than recording. */
class SeriesCache<Series> {
  readonly #labels: readonly string[];
  readonly #create: (values: string[]) => Series;
  readonly #known = new Map<string, Series>();
  #other: Series | undefined;

  constructor(labels: readonly string[], create: (values: string[]) => Series) {
    this.#labels = labels;
    this.#create = create;
  }

  /** Missing label values are empty, and surplus ones ignored: recording never throws. */
  of(values: readonly string[]): Series {
    const key = values.length === 1 ? String(values[0]) : values.join('\u0000');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= maxSeriesOfPolicyMetric)
      return (this.#other ??= this.#create(this.#labels.map(() => otherLabel)));
    const series = this.#create(this.#labels.map((_, index) => String(values[index] ?? '')));
    this.#known.set(key, series);
    return series;
  }
}
