import { errorCodes } from '@sluice/errors';
import { metricDefinitions } from '../names.ts';
import type { Counter, CounterSeries } from './counter.ts';
import type { Gauge } from './gauge.ts';
import type { Histogram } from './histogram.ts';
import type { MetricsRegistry } from './registry.ts';
import { RouteMetrics } from './route-metrics.ts';
import type { RouteFamilies } from './route-metrics.ts';

type Definitions = typeof metricDefinitions;

/** How a policy is attached: it refuses requests, or only reports that it would have. */
export type PolicyMode = 'enforce' | 'shadow';

/** How a TLS handshake with a client ended. */
export type TlsHandshakeOutcome =
  | 'completed'
  | 'resumed'
  | 'failed'
  | 'timed_out'
  | 'no_server_certificate'
  | 'client_certificate_missing'
  | 'client_certificate_refused';

/**
 * The metrics of a proxy node: every definition of {@link metricDefinitions} except those of the
 * process.
 */
export class GatewayMetrics {
  readonly configNacks: CounterSeries;
  readonly accessLogDropped: CounterSeries;
  readonly spansExported: CounterSeries;
  readonly spansDropped: CounterSeries;
  /** By result, see the definition. */
  readonly nameResolutions: Readonly<
    Record<'answered' | 'notFound' | 'failed' | 'stale', CounterSeries>
  >;
  /** By outcome, see the definition. */
  readonly tlsHandshakes: Readonly<Record<TlsHandshakeOutcome, CounterSeries>>;
  readonly certificateExpiry: Gauge<Definitions['certificateExpiry']['labels']>;
  readonly upstreamDuration: Histogram<Definitions['upstreamDuration']['labels']>;
  readonly auth: Counter<Definitions['auth']['labels']>;
  readonly policyHttpRequests: Counter<Definitions['policyHttpRequests']['labels']>;
  readonly policyHttpDuration: Histogram<Definitions['policyHttpDuration']['labels']>;
  readonly connections: Gauge<Definitions['connections']['labels']>;
  readonly overloadShedRatio: Gauge<Definitions['overloadShedRatio']['labels']>;
  readonly bufferedContent: Gauge<Definitions['bufferedContent']['labels']>;
  readonly bufferedContentRefused: CounterSeries;
  readonly upstreamConnections: Gauge<Definitions['upstreamConnections']['labels']>;
  readonly targetHealthy: Gauge<Definitions['targetHealthy']['labels']>;
  readonly limitStoreUp: Gauge<Definitions['limitStoreUp']['labels']>;
  readonly limitKeys: Gauge<Definitions['limitKeys']['labels']>;
  readonly limitTableFull: CounterSeries;
  readonly credentialUsesDropped: CounterSeries;
  readonly configRevision: Gauge<Definitions['configRevision']['labels']>;
  readonly configAge: Gauge<Definitions['configAge']['labels']>;
  readonly configConnected: Gauge<Definitions['configConnected']['labels']>;
  readonly configLastGoodOk: Gauge<Definitions['configLastGoodOk']['labels']>;
  readonly #routeFamilies: RouteFamilies;
  readonly #errors: Counter<Definitions['errors']['labels']>;
  readonly #errorsByCode: Map<string, CounterSeries>;
  readonly #policyDenials: Counter<Definitions['policyDenials']['labels']>;

  /** Adds all of them to a registry. */
  constructor(registry: MetricsRegistry) {
    this.#routeFamilies = {
      requests: registry.counter(metricDefinitions.requests),
      grpcResponses: registry.counter(metricDefinitions.grpcResponses),
      requestDuration: registry.histogram(metricDefinitions.requestDuration),
      requestBytes: registry.counter(metricDefinitions.requestBytes),
      responseBytes: registry.counter(metricDefinitions.responseBytes),
    };
    this.upstreamDuration = registry.histogram(metricDefinitions.upstreamDuration);
    this.#errors = registry.counter(metricDefinitions.errors);
    this.#errorsByCode = new Map(errorCodes.map((code) => [code, this.#errors.series(code)]));
    this.#policyDenials = registry.counter(metricDefinitions.policyDenials);
    this.auth = registry.counter(metricDefinitions.auth);
    this.policyHttpRequests = registry.counter(metricDefinitions.policyHttpRequests);
    this.policyHttpDuration = registry.histogram(metricDefinitions.policyHttpDuration);
    this.connections = registry.gauge(metricDefinitions.connections);
    this.certificateExpiry = registry.gauge(metricDefinitions.certificateExpiry);
    const handshakes = registry.counter(metricDefinitions.tlsHandshakes);
    this.tlsHandshakes = {
      completed: handshakes.series('completed'),
      resumed: handshakes.series('resumed'),
      failed: handshakes.series('failed'),
      timed_out: handshakes.series('timed_out'),
      no_server_certificate: handshakes.series('no_server_certificate'),
      client_certificate_missing: handshakes.series('client_certificate_missing'),
      client_certificate_refused: handshakes.series('client_certificate_refused'),
    };
    this.overloadShedRatio = registry.gauge(metricDefinitions.overloadShedRatio);
    this.bufferedContent = registry.gauge(metricDefinitions.bufferedContent);
    this.bufferedContentRefused = registry
      .counter(metricDefinitions.bufferedContentRefused)
      .series();
    this.upstreamConnections = registry.gauge(metricDefinitions.upstreamConnections);
    this.targetHealthy = registry.gauge(metricDefinitions.targetHealthy);
    this.limitStoreUp = registry.gauge(metricDefinitions.limitStoreUp);
    this.limitKeys = registry.gauge(metricDefinitions.limitKeys);
    this.limitTableFull = registry.counter(metricDefinitions.limitTableFull).series();
    this.credentialUsesDropped = registry.counter(metricDefinitions.credentialUsesDropped).series();
    this.configRevision = registry.gauge(metricDefinitions.configRevision);
    this.configAge = registry.gauge(metricDefinitions.configAge);
    this.configNacks = registry.counter(metricDefinitions.configNacks).series();
    this.configConnected = registry.gauge(metricDefinitions.configConnected);
    this.configLastGoodOk = registry.gauge(metricDefinitions.configLastGoodOk);
    this.accessLogDropped = registry.counter(metricDefinitions.accessLogDropped).series();
    this.spansExported = registry.counter(metricDefinitions.spansExported).series();
    const resolutions = registry.counter(metricDefinitions.nameResolutions);
    this.nameResolutions = {
      answered: resolutions.series('answered'),
      notFound: resolutions.series('not_found'),
      failed: resolutions.series('failed'),
      stale: resolutions.series('stale'),
    };
    this.spansDropped = registry.counter(metricDefinitions.spansDropped).series();
  }

  /**
   * The counters of a route with a service (empty when it has none). Created once, when the route
   * is compiled.
   */
  route(route: string, service: string): RouteMetrics {
    return new RouteMetrics(this.#routeFamilies, route, service);
  }

  /**
   * Counts a response that is an error: of the catalogue, or one that a policy declares in its
   * schema. Other codes must not be passed, because each is a series.
   */
  recordError(code: string): void {
    let series = this.#errorsByCode.get(code);
    if (series === undefined) this.#errorsByCode.set(code, (series = this.#errors.series(code)));
    series.add(1);
  }

  /** Returns the counter of refusals by a policy. Look it up once, when the policy is compiled. */
  policyDenials(policy: string, mode: PolicyMode): CounterSeries {
    return this.#policyDenials.series(policy, mode);
  }
}
