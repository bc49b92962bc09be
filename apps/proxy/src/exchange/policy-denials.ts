import type { CounterSeries, GatewayMetrics } from '@sluice/telemetry';
import type { PolicyDenials } from './proxy-services.ts';

/** Counts refusals by policy; the series of each policy is looked up once. */
export class CountedDenials implements PolicyDenials {
  readonly #metrics: GatewayMetrics;
  readonly #series = new Map<string, CounterSeries>();

  constructor(metrics: GatewayMetrics) {
    this.#metrics = metrics;
  }

  /** {@inheritDoc PolicyDenials.add} */
  add(policy: string, mode: 'enforce' | 'shadow'): void {
    const key = `${mode} ${policy}`;
    let series = this.#series.get(key);
    // The map is bounded by the number of policies that this node knows.
    if (series === undefined)
      this.#series.set(key, (series = this.#metrics.policyDenials(policy, mode)));
    series.add(1);
  }
}
