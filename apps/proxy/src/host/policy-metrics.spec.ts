import { describe, expect, it } from '@jest/globals';
import { MetricsRegistry, renderPrometheus } from '@sluice/telemetry';
import { RegisteredPolicyMetrics } from './policy-metrics.ts';

describe('RegisteredPolicyMetrics', () => {
  it('puts the metrics of policies into the exposition, prefixed', () => {
    const registry = new MetricsRegistry();
    const metrics = new RegisteredPolicyMetrics(registry);
    const counter = () => metrics.of('http-log').counter('dropped_total', 'Dropped.', ['reason']);
    counter().add(2, 'full');
    counter().add(1, 'full');
    metrics.of('http-log').gauge('queued', 'Queued.').set(7);
    metrics.of('http-log').histogram('size', 'Sizes.', [1, 10]).record(3);
    const text = renderPrometheus(registry.snapshot());
    expect(text).toContain('sluice_policy_http_log_dropped_total{reason="full"} 3\n');
    expect(text).toContain('sluice_policy_http_log_queued 7\n');
    expect(text).toContain('sluice_policy_http_log_size_bucket{le="10"} 1\n');
  });

  it('bounds the series of a metric', () => {
    const registry = new MetricsRegistry();
    const counter = new RegisteredPolicyMetrics(registry)
      .of('own')
      .counter('calls_total', 'Calls.', ['who']);
    for (let index = 0; index < 1_000; index++) counter.add(1, `caller-${index}`);
    const series = registry
      .snapshot()
      .find(({ definition }) => definition.name === 'sluice_policy_own_calls_total')?.series;
    expect(series).toHaveLength(201);
    expect(series?.find(({ labels }) => labels[0] === '_other')?.values).toEqual([800]);
  });
});
