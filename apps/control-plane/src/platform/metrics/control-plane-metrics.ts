import { GatewayError } from '@sluice/errors';
import {
  addProcessMetrics,
  controlPlaneMetricDefinitions as definitions,
  EventLoopLag,
  metricDefinitions,
  MetricsRegistry,
} from '@sluice/telemetry';
import type { Counter, CounterSeries, Gauge, HistogramSeries } from '@sluice/telemetry';

type Definitions = typeof definitions;

/**
 * The metrics of this process. Gauges are set when they are read, see
 * {@link MetricsRegistry.onCollect}.
 */
export class ControlPlaneMetrics {
  readonly registry = new MetricsRegistry();
  readonly commitToApplied: HistogramSeries;
  readonly failedLogins: CounterSeries;
  readonly spansExported: CounterSeries;
  readonly spansDropped: CounterSeries;
  readonly connectedNodes: Gauge<Definitions['connectedNodes']['labels']>;
  readonly configStreams: Gauge<Definitions['configStreams']['labels']>;
  readonly databaseConnections: Gauge<Definitions['databaseConnections']['labels']>;
  readonly databaseWaiting: Gauge<Definitions['databaseWaiting']['labels']>;
  readonly feedRevision: Gauge<Definitions['feedRevision']['labels']>;
  readonly feedLag: Gauge<Definitions['feedLag']['labels']>;
  readonly feedListening: Gauge<Definitions['feedListening']['labels']>;
  readonly passwordHashes: Gauge<Definitions['passwordHashes']['labels']>;
  readonly idempotencyRecords: Gauge<Definitions['idempotencyRecords']['labels']>;
  readonly certificateExpiry: Gauge<Definitions['certificateExpiry']['labels']>;
  readonly credentialsExpiring: Gauge<Definitions['credentialsExpiring']['labels']>;
  private readonly writes: Counter<Definitions['writes']['labels']>;
  private readonly lag = new EventLoopLag();

  /** @param version of this program. */
  constructor(readonly version: string) {
    const { registry } = this;
    this.writes = registry.counter(definitions.writes);
    this.commitToApplied = registry.histogram(definitions.commitToApplied).series();
    this.connectedNodes = registry.gauge(definitions.connectedNodes);
    this.configStreams = registry.gauge(definitions.configStreams);
    this.databaseConnections = registry.gauge(definitions.databaseConnections);
    this.databaseWaiting = registry.gauge(definitions.databaseWaiting);
    this.feedRevision = registry.gauge(definitions.feedRevision);
    this.feedLag = registry.gauge(definitions.feedLag);
    this.feedListening = registry.gauge(definitions.feedListening);
    this.failedLogins = registry.counter(definitions.failedLogins).series();
    this.passwordHashes = registry.gauge(definitions.passwordHashes);
    this.idempotencyRecords = registry.gauge(definitions.idempotencyRecords);
    this.certificateExpiry = registry.gauge(definitions.certificateExpiry);
    this.credentialsExpiring = registry.gauge(definitions.credentialsExpiring);
    this.spansExported = registry.counter(metricDefinitions.spansExported).series();
    this.spansDropped = registry.counter(metricDefinitions.spansDropped).series();
    addProcessMetrics(registry, { version, lag: this.lag });
  }

  /** Runs a write and counts it, by the kind of the resource and what became of it. */
  async countWrite<Written extends { readonly isReplayed: boolean; readonly isUnchanged: boolean }>(
    kind: string,
    write: () => Promise<Written>,
  ): Promise<Written> {
    try {
      const written = await write();
      this.count(
        kind,
        written.isReplayed ? 'replayed' : written.isUnchanged ? 'unchanged' : 'committed',
      );
      return written;
    } catch (error) {
      this.count(kind, error instanceof GatewayError && error.status < 500 ? 'refused' : 'failed');
      throw error;
    }
  }

  /** Stops watching the event loop. */
  stop(): void {
    this.lag.stop();
  }

  private count(kind: string, outcome: string): void {
    const series = this.writes.series(kind, outcome);
    series.add(1);
    series.release();
  }
}
