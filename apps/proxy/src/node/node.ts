import {
  ApplySpans,
  GatewayMetrics,
  mergeSnapshots,
  MetricsRegistry,
  openFileLimit,
  type Logger,
  type MetricsSnapshot,
} from '@sluice/telemetry';
import type { PolicyCatalogue } from '@sluice/config';
import { ConfigState } from '../config/config-state.ts';
import { countResources } from '../config/quarantine-log.ts';
import type { ConfigSource } from '../config/source.ts';
import { traceSettings, type Env } from '../env.ts';
import { jwksOf, type JwkSet } from '../keys/jwks.ts';
import { NameResolver } from '../names/name-resolver.ts';
import { fitConnections } from '../descriptors/fit-connections.ts';
import type { NodeStatus, Readiness } from '../ops/node-status.ts';
import { spanExport } from '../ops/span-export.ts';
import { startStatusServer, type StatusServer } from '../ops/status-server.ts';
import { createSource } from './create-source.ts';
import type { Rereadable } from './signals.ts';
import type { Traffic } from './traffic.ts';

export interface NodeOptions {
  readonly env: Env;
  readonly version: string;
  readonly logger: Logger;
  readonly traffic: Traffic;
  readonly policies: readonly string[];
  /** Their schemas, which mark the secrets in their configuration. */
  readonly catalogue?: PolicyCatalogue;
}

/** A proxy node: traffic, the source of its configuration, and the status pages. */
export class ProxyNode {
  /** The files that SIGHUP reads again. */
  readonly rereadables: readonly Rereadable[];
  readonly #options: NodeOptions;
  readonly #state = new ConfigState();
  readonly #registry = new MetricsRegistry();
  readonly #metrics = new GatewayMetrics(this.#registry);
  readonly #names = new NameResolver();
  readonly #spans: ApplySpans | undefined;
  readonly #source: ConfigSource & { announce?(): void };
  #status: StatusServer | undefined;
  #publicKeys: { readonly of: string; readonly set: JwkSet } | undefined;
  #draining = false;
  #takesTraffic = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#spans = this.#createSpans();
    const { source, rereadables } = createSource({
      ...options,
      names: this.#names,
      spans: this.#spans,
      state: this.#state,
      report: () => ({ draining: this.#draining, targets: options.traffic.lastHealth() }),
    });
    this.#source = source;
    this.rereadables = rereadables;
    this.#addConfigMetrics();
  }

  /**
   * Starts the status server, applies the local configuration (a file or the last good one), and
   * then listens for traffic: until then, clients are better served by another node. Without a
   * local configuration it listens at once and reports that it is not ready.
   */
  async start(): Promise<void> {
    const { env, logger, traffic } = this.#options;
    this.#status = await startStatusServer({
      host: env.SLUICE_STATUS_HOST,
      port: env.SLUICE_STATUS_PORT,
      maxConnections: fitConnections(openFileLimit(), env.SLUICE_MAX_CONNECTIONS).status,
      node: this.#nodeStatus(),
      noteFault: (fault) => logger.error({ error: fault }, 'the status server failed to answer'),
    });
    const { port: statusPort } = this.#status;
    logger.info({ statusPort }, 'starting');
    this.#source.start();
    await this.#source.settled;
    if (this.#draining) return;
    await traffic.listen();
    this.#takesTraffic = true;
    logger.info(
      {
        gateway: env.SLUICE_GATEWAY,
        node: env.SLUICE_NODE_ID,
        port: traffic.port,
        tlsPort: traffic.tlsPort,
        statusPort,
      },
      'listening',
    );
  }

  /** Becomes not ready, finishes the requests in flight, writes the configuration, and stops. */
  async stop(): Promise<void> {
    const { env, logger, traffic } = this.#options;
    this.#draining = true;
    this.#source.announce?.();
    logger.info({ atMostMs: env.SLUICE_DRAIN_MS }, 'draining');
    await traffic.drain(env.SLUICE_DRAIN_MS);
    await this.#source.stop();
    await this.#spans?.shutdown();
    await this.#status?.close();
  }

  #nodeStatus(): NodeStatus {
    const { env, traffic } = this.#options;
    return {
      readiness: () => this.#readiness(),
      // The node, and not the processes that serve traffic, knows the state of the configuration.
      metrics: async () => {
        const own = this.#registry.snapshot();
        const ofTraffic = (await traffic.metrics()).filter((metric) => !isOfConfig(metric));
        return [...mergeSnapshots([ofTraffic, own.filter(isOfSpans)]), ...own.filter(isOfConfig)];
      },
      keys: () => this.#keys(),
      config: () => {
        const { revision, epoch, origin, refused, lastError, lastGoodError } = this.#state;
        return {
          revision,
          epoch,
          gateway: env.SLUICE_GATEWAY,
          source: origin,
          resources: traffic.resources(),
          catalogue: this.#options.catalogue,
          quarantined: traffic.quarantined,
          refused,
          lastError,
          lastGoodError,
          targets: traffic.lastHealth(),
        };
      },
    };
  }

  /** Read again after each revision: the resources of a node may be many. */
  #keys(): JwkSet {
    const { revision, epoch } = this.#state;
    const of = `${epoch} ${revision}`;
    if (this.#publicKeys?.of !== of)
      this.#publicKeys = { of, set: jwksOf(this.#options.traffic.resources()) };
    return this.#publicKeys.set;
  }

  #readiness(): Readiness {
    const { origin, revision, ageMs, quarantined, lastError, lastGoodError, isRefused } =
      this.#state.describe();
    if (this.#draining) return { ready: false, reason: 'the node is draining and about to end' };
    if (!this.#takesTraffic)
      return {
        ready: false,
        reason: 'the node is applying its first configuration and does not accept traffic yet',
      };
    if (origin === 'none') {
      const why = lastError === '' ? '' : ` (${lastError})`;
      return {
        ready: false,
        reason: `the node has no configuration: ${isRefused ? 'the control plane refuses it' : 'no control plane has answered'}${why}, and ${this.#state.whyNoLastGood}`,
      };
    }
    return {
      ready: true,
      revision,
      configAgeSeconds: Math.round(ageMs / 1000),
      source: origin,
      lastError,
      lastGoodError,
      quarantined: countResources(quarantined),
      ...this.#tlsFault(),
    };
  }

  /** A node without a certificate is ready: its other port serves traffic. */
  #tlsFault(): { readonly tlsError?: string } {
    const { tlsPort, serverCertificates } = this.#options.traffic;
    if (tlsPort === undefined || serverCertificates > 0) return {};
    return {
      tlsError: `no certificate: TLS handshakes on port ${tlsPort} are refused until the gateway has a certificate, or SLUICE_TLS_CERT_FILE is set`,
    };
  }

  /** The tracer of the configuration. Traffic has its own, in the processes that take it. */
  #createSpans(): ApplySpans | undefined {
    const { env, version, logger } = this.#options;
    const { otlp, resourceAttributes } = traceSettings(env);
    if (otlp === undefined) return undefined;
    const exporting = spanExport(otlp, this.#names, this.#metrics, (message) =>
      logger.warn(message),
    );
    return new ApplySpans({
      serviceName: 'sluice-proxy',
      instanceId: env.SLUICE_NODE_ID,
      version,
      resourceAttributes,
      export: exporting,
    });
  }

  #addConfigMetrics(): void {
    const metrics = this.#metrics;
    this.#registry.onCollect(() => {
      const { revision, ageMs, connected, lastGoodError, nacks } = this.#state.describe();
      metrics.configRevision.set(revision);
      metrics.configAge.set(ageMs / 1000);
      metrics.configConnected.set(connected ? 1 : 0);
      metrics.configLastGoodOk.set(lastGoodError === '' ? 1 : 0);
      metrics.configNacks.add(nacks - metrics.configNacks.value);
    });
  }
}

function isOfConfig({ definition }: MetricsSnapshot[number]): boolean {
  return definition.name.startsWith('sluice_config_');
}

function isOfSpans({ definition }: MetricsSnapshot[number]): boolean {
  return definition.name.startsWith('sluice_spans_');
}
