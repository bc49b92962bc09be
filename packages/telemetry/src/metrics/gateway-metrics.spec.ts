import { errorCodes } from '@sluice/errors';
import { afterEach, describe, expect, it } from '@jest/globals';
import { metricDefinitions } from '../names.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { renderPrometheus } from './exposition.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { addProcessMetrics } from './process-metrics.ts';
import { MetricsRegistry } from './registry.ts';

const lags: EventLoopLag[] = [];

function setUp() {
  const registry = new MetricsRegistry();
  const lag = new EventLoopLag();
  lags.push(lag);
  const metrics = new GatewayMetrics(registry);
  addProcessMetrics(registry, { version: '1.2.3', lag });
  return { registry, metrics, text: () => renderPrometheus(registry.snapshot()) };
}

describe('the metrics of a node', () => {
  afterEach(() => lags.splice(0).forEach((lag) => lag.stop()));

  it('are all those of the table of names, and no others', () => {
    const { registry } = setUp();
    const names = registry.snapshot().map(({ definition }) => definition.name);
    expect(names.sort()).toEqual(
      Object.values(metricDefinitions)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('count a request by route, service and status', () => {
    const { metrics, text } = setUp();
    const route = metrics.route('orders', 'orders-v1');
    route.record(200, 20, 100, 1_000);
    route.record(200, 2, 100, 1_000);
    route.record(429, 0.1, 50, 200);
    route.record(200, 70_000, 100, 1_000);
    expect(text()).toContain(
      'sluice_requests_total{route="orders",service="orders-v1",status="200"} 3\n',
    );
    expect(text()).toContain(
      'sluice_requests_total{route="orders",service="orders-v1",status="429"} 1\n',
    );
    expect(text()).toContain(
      'sluice_request_duration_seconds_bucket{route="orders",le="0.001"} 1\n',
    );
    expect(text()).toContain('sluice_request_duration_seconds_bucket{route="orders",le="60"} 3\n');
    expect(text()).toContain('sluice_request_duration_seconds_count{route="orders"} 4\n');
    expect(text()).toContain('sluice_request_bytes_total{route="orders"} 350\n');
    expect(text()).toContain('sluice_response_bytes_total{route="orders"} 3200\n');
  });

  it('have no series for a route without requests', () => {
    const { metrics, text } = setUp();
    for (let i = 0; i < 20_000; i++) metrics.route(`route-${i}`, 'orders');
    expect(text()).not.toContain('route-');
  });

  it('count the codes of an inventive upstream together', () => {
    const { metrics, registry } = setUp();
    const route = metrics.route('orders', 'orders');
    for (let status = 200; status < 600; status++) route.record(status, 1, 0, 0);
    const [requests] = registry
      .snapshot()
      .filter(({ definition }) => definition.name === 'sluice_requests_total');
    expect(requests!.series).toHaveLength(33);
    expect(requests!.series.find(({ labels }) => labels[2] === '_other')!.values).toEqual([
      400 - 32,
    ]);
  });

  it('leave room for new routes as old ones go, and still count stragglers of those', () => {
    const { metrics, text } = setUp();
    for (let i = 0; i < 12_000; i++) {
      const route = metrics.route(`route-${i}`, 'orders');
      route.record(200, 1, 1, 1);
      route.release();
      route.record(200, 1, 1, 1);
    }
    expect(text()).toContain(
      'sluice_requests_total{route="route-11999",service="orders",status="200"} 2\n',
    );
    expect(text()).not.toContain('_other');
    expect(text()).not.toContain('sluice_metric_series_overflow_total{');
  });

  it('have one error count for each code of the catalogue', () => {
    const { metrics, registry, text } = setUp();
    metrics.recordError('rate_limited');
    const [errors] = registry
      .snapshot()
      .filter(({ definition }) => definition.name === 'sluice_errors_total');
    expect(errors!.series.map(({ labels }) => labels[0])).toEqual(errorCodes);
    expect(text()).toContain('sluice_errors_total{code="rate_limited"} 1\n');
    expect(text()).toContain('sluice_errors_total{code="overloaded"} 0\n');
  });

  it('count refusals by policy and mode', () => {
    const { metrics, text } = setUp();
    metrics.policyDenials('rate-limit', 'shadow').add(1);
    expect(text()).toContain('sluice_policy_denials_total{policy="rate-limit",mode="shadow"} 1\n');
  });

  it('tell about the process', () => {
    const { text } = setUp();
    const value = (name: string): number =>
      Number(new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(text())![1]);
    expect(text()).toContain(
      `sluice_build_info{version="1.2.3",node_version="${process.versions.node}"} 1\n`,
    );
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(value('process_start_time_seconds')).toBeCloseTo(
      Date.now() / 1_000 - process.uptime(),
      -2,
    );
    const before = value('process_cpu_seconds_total');
    const until = performance.now() + 20;
    while (performance.now() < until) Math.sqrt(until);
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(before);
  });
});
