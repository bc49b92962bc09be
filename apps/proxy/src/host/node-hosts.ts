import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Exchange, PolicyHost } from '@sluice/policy-sdk';
import { noKeys, PolicyHosts, type HostServices } from '@sluice/policy-sdk/host';
import type { CounterSeries, GatewayMetrics, MetricsRegistry } from '@sluice/telemetry';
import { RegisteredPolicyMetrics } from './policy-metrics.ts';
import { UndiciClient, type ClientServices, type HttpOutcome } from './undici-client.ts';

/** What the hosts of a serving process are made of. */
export interface NodeHostServices extends Pick<
  HostServices,
  'clock' | 'loggerFor' | 'sharedStoreFor' | 'clientCertificates'
> {
  readonly stores: PolicyHost['stores'];
  readonly credentials?: HostServices['credentials'];
  readonly consumers?: HostServices['consumers'];
  readonly keys?: HostServices['keys'];
  readonly metrics: GatewayMetrics;
  /** The registry of `metrics`, for the metrics of policies. */
  readonly registry: MetricsRegistry;
  /** Resolves names for the calls of policies; by default as the system does. */
  readonly lookup?: LookupFunction;
}

/** Creates the hosts of a serving process: HTTP clients over undici, metrics in its registry. */
export function createHosts(services: NodeHostServices): PolicyHosts {
  const { metrics, registry, lookup = systemLookup as LookupFunction, ...shared } = services;
  const policyMetrics = new RegisteredPolicyMetrics(registry);
  return new PolicyHosts({
    credentials: { find: () => undefined },
    consumers: { find: () => undefined },
    keys: noKeys,
    ...shared,
    createHttpClient: (policy, options) =>
      new UndiciClient(options, { lookup, traceparentOf, onCall: callCounter(policy, metrics) }),
    metricsFor: (policy) => policyMetrics.of(policy),
  });
}

/** The exchange of this proxy has a trace context, which policies do not see. */
function traceparentOf(exchange: Exchange): string | undefined {
  const { trace } = exchange as { trace?: { traceparent(): string | undefined } };
  return trace?.traceparent();
}

/** Counts the calls of a policy. */
function callCounter(policy: string, metrics: GatewayMetrics): ClientServices['onCall'] {
  const byOutcome = new Map<HttpOutcome, CounterSeries>();
  const durations = metrics.policyHttpDuration.series(policy);
  return (outcome, durationMs) => {
    let series = byOutcome.get(outcome);
    if (series === undefined) {
      series = metrics.policyHttpRequests.series(policy, outcome);
      byOutcome.set(outcome, series);
    }
    series.add(1);
    durations.record(durationMs / 1_000);
  };
}
