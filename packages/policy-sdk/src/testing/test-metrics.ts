import type { PolicyMetrics } from '../host/metrics.ts';
import { authCountsOf, type AuthCounts } from '../run/auth-counts.ts';
import { MetricDefinitions } from '../host-services/metric-definition.ts';

type Recorder = (value: number, labelValues: readonly string[]) => void;

/** The metrics that tested policies record. */
export class TestMetrics {
  private readonly byPolicy = new Map<string, PolicyMetrics>();
  private readonly values = new Map<string, number>();

  /**
   * The value of a counter or gauge, or the number of observations of a histogram, by its full name
   * such as `sluice_policy_http_log_dropped_total`; 0 when nothing was recorded.
   */
  value(name: string, ...labelValues: string[]): number {
    return this.values.get([name, ...labelValues].join(' ')) ?? 0;
  }

  /** The series of `sluice_auth_total` of a policy. */
  auth(policy: string): AuthCounts {
    return authCountsOf((outcome, reason) => {
      const key = ['sluice_auth_total', policy, outcome, reason].join(' ');
      return { add: (amount) => this.values.set(key, (this.values.get(key) ?? 0) + amount) };
    });
  }

  /** The metrics of a policy, for its hosts. */
  of(policy: string): PolicyMetrics {
    const known = this.byPolicy.get(policy);
    if (known !== undefined) return known;
    const recorders = new MetricDefinitions<Recorder>(policy);
    const recorder = (name: string, join: (old: number, value: number) => number): Recorder => {
      return (value, labelValues) => {
        const key = [name, ...labelValues].join(' ');
        this.values.set(key, join(this.values.get(key) ?? 0, value));
      };
    };
    const metrics: PolicyMetrics = {
      counter: (name, help, labels = []) => {
        const add = recorders.metric({ name, type: 'counter', help, labels }, (full) =>
          recorder(full.name, (old, value) => old + value),
        );
        return { add: (amount, ...labelValues) => add(amount, labelValues) };
      },
      gauge: (name, help, labels = []) => {
        const set = recorders.metric({ name, type: 'gauge', help, labels }, (full) =>
          recorder(full.name, (_old, value) => value),
        );
        return { set: (value, ...labelValues) => set(value, labelValues) };
      },
      histogram: (name, help, bounds, labels = []) => {
        const record = recorders.metric({ name, type: 'histogram', help, labels, bounds }, (full) =>
          recorder(full.name, (old) => old + 1),
        );
        return { record: (value, ...labelValues) => record(value, labelValues) };
      },
    };
    this.byPolicy.set(policy, metrics);
    return metrics;
  }
}
