import type { PolicyHosts } from '@sluice/policy-sdk/host';
import { createLimitStore, MemoryStore, RedisStore, type LimitStore } from '@sluice/ratelimit';
import {
  AccessLog,
  addProcessMetrics,
  EventLoopLag,
  GatewayMetrics,
  MetricsRegistry,
  openFileLimit,
  requestId,
  standardOutput,
  Tracer,
  type Logger,
} from '@sluice/telemetry';
import { traceSettings, type Env } from '../env.ts';
import { BoundedLog } from '../exchange/bounded-log.ts';
import { BufferBudget } from '../exchange/body/buffer-budget.ts';
import type { ExchangeGateway } from '../exchange/configuration.ts';
import { ExchangeEpochs } from '../exchange/exchange-epochs.ts';
import { listenerEvents } from '../exchange/listener-events.ts';
import { viaPseudonym } from '../exchange/loops.ts';
import { CountedDenials } from '../exchange/policy-denials.ts';
import { PortText } from '../exchange/port-text.ts';
import type { ProxyServices } from '../exchange/proxy-services.ts';
import { fitConnections } from '../descriptors/fit-connections.ts';
import { createHosts } from '../host/node-hosts.ts';
import { nodeKeys } from '../keys/node-keys.ts';
import { SharedStores } from '../host/shared-stores.ts';
import { limitStoreOptions } from '../limits/limit-store-options.ts';
import { ConnectionLimits } from '../listener/connection-limits.ts';
import { Listener } from '../listener/listener.ts';
import { KeyPairCache } from '../net/key-pair-cache.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { NameResolver } from '../names/name-resolver.ts';
import type { Overload } from '../overload/overload.ts';
import { spanExport } from '../ops/span-export.ts';
import { RuntimeTarget } from '../runtime/apply.ts';
import { SlicedTarget } from '../runtime/sliced-target.ts';
import { nodePolicies, policyRegistry } from '../runtime/node-policies.ts';
import type { PolicyRegistry } from '../runtime/policy-chain.ts';
import { emptyPipeline } from '@sluice/policy-sdk/run';
import { TrustedProxies } from '../runtime/trusted-proxies.ts';
import { LongStreams } from '../streams/long-streams.ts';
import { ConnectionBudget } from '../upstream/connection-budget.ts';
import { CredentialNotes } from '../usage/credential-notes.ts';
import { UpstreamRegistry } from '../upstream/upstream-registry.ts';
import { NodeTls } from './node-tls.ts';
import { connectionLimitsLog, createOverload, noteConnectionLimits } from './serving-limits.ts';
import type { NodeCertificates, TlsPort } from '../workers/messages.ts';
import { RemoteLimitStore } from '../workers/remote-limit-store.ts';

export interface ServingOptions {
  readonly env: Env;
  readonly version: string;
  readonly logger: Logger;
  /** The limit store; created from the settings when absent. */
  readonly limits?: LimitStore;
  /**
   * Number of processes of this node that serve traffic and share its memory, this one included.
   */
  readonly processes?: number;
  /** True for one process of a node: it logs facts that are the same for all of them. */
  readonly isFirst?: boolean;
}

/** The serving parts of one process: configuration in service, listener, upstreams, telemetry. */
export class Serving {
  readonly registry = new MetricsRegistry();
  readonly metrics = new GatewayMetrics(this.registry);
  readonly upstreams: UpstreamRegistry;
  /** What the control plane is told about credentials. */
  readonly credentialNotes: CredentialNotes;
  readonly #options: ServingOptions;
  readonly #target: RuntimeTarget;
  readonly #slicedTarget: SlicedTarget;
  readonly #names = new NameResolver();
  readonly #wheel = new TimerWheel().start();
  readonly #lag = new EventLoopLag();
  readonly #overload: Overload;
  readonly #buffers: BufferBudget;
  readonly #limits: LimitStore;
  readonly #sharedStores: SharedStores;
  readonly #hosts: PolicyHosts;
  readonly #epochs = new ExchangeEpochs();
  readonly #streams = new LongStreams(() => this.#target.runtime);
  readonly #policies: PolicyRegistry;
  readonly #accessLog: AccessLog | undefined;
  readonly #tracer: Tracer;
  /** Both ports share the limits: they protect the process. */
  readonly #connectionLimits: ConnectionLimits;
  readonly #maxTurnedAway: number;
  readonly #listener: Listener;
  readonly #tls: NodeTls;
  #tlsListener: Listener | undefined;

  /** Loads the policies and creates all parts; configuration and ports follow. */
  static async create(options: ServingOptions): Promise<Serving> {
    return new Serving(options, await nodePolicies(options.env.SLUICE_POLICIES_DIR));
  }

  private constructor(options: ServingOptions, policies: Awaited<ReturnType<typeof nodePolicies>>) {
    const { env, logger, version } = options;
    this.#options = options;
    this.credentialNotes = new CredentialNotes(env.SLUICE_CONFIG_FILE === undefined);
    const { clients, upstream, turnedAway } = fitConnections(
      openFileLimit(),
      env.SLUICE_MAX_CONNECTIONS,
    );
    noteConnectionLimits(logger, clients, upstream, env);
    this.#maxTurnedAway = turnedAway;
    this.#connectionLimits = new ConnectionLimits(
      clients,
      env.SLUICE_MAX_CONNECTIONS_PER_ADDRESS,
      connectionLimitsLog(logger),
    );
    this.upstreams = new UpstreamRegistry(this.#wheel, {
      budget: new ConnectionBudget(upstream),
      names: this.#names,
    });
    this.#overload = createOverload(options).start();
    this.#buffers = new BufferBudget(env.SLUICE_MAX_BUFFERED_BYTES);
    const storeOptions = limitStoreOptions({
      logger,
      tableFull: this.metrics.limitTableFull,
      isFirst: options.isFirst ?? true,
    });
    this.#limits =
      options.limits ??
      createLimitStore({ redisUrl: env.REDIS_URL, lookup: this.#names.lookup, ...storeOptions });
    this.#tracer = createTracer(options, this.metrics, this.#names);
    this.#accessLog =
      env.SLUICE_ACCESS_LOG === 'off' ? undefined : createAccessLog(logger, this.metrics);
    this.#sharedStores = new SharedStores({
      redisUrl: env.REDIS_URL,
      lookup: this.#names.lookup,
      logger,
    });
    this.#hosts = createHosts({
      stores: {
        limits: this.#limits,
        credentials: { findKey: (hash) => this.#target.runtime.findKey(hash) },
      },
      credentials: {
        find: (type, lookup) => this.#target.runtime.findCredential(type, lookup),
        reportRehash: (found, hash) => this.credentialNotes.noteRehash(found, hash),
      },
      keys: nodeKeys(() => this.#target.runtime),
      clientCertificates: {
        verify: (certificate) =>
          this.#target.tls.clientVerification.trust.verify(certificate, Date.now()),
      },
      consumers: { find: (by) => this.#target.runtime.findConsumer(by) },
      clock: { now: Date.now },
      loggerFor: (policyId) => policyLogger(logger, policyId),
      metrics: this.metrics,
      registry: this.registry,
      lookup: this.#names.lookup,
      sharedStoreFor: (policy) => this.#sharedStores.storeFor(policy),
    });
    this.#policies = policyRegistry(policies, this.#hosts, this.#epochs);
    this.#target = new RuntimeTarget(env.SLUICE_GATEWAY, {
      ...this.#policies,
      upstreams: this.upstreams,
      metrics: this.metrics,
      keyPairs: new KeyPairCache(),
    });
    this.#slicedTarget = new SlicedTarget(this.#target);
    this.#listener = new Listener(
      listenerEvents(this.#proxy()),
      this.#wheel,
      { maxTurnedAway: turnedAway },
      this.#connectionLimits,
    );
    this.#tls = new NodeTls(this.metrics, logger, () => this.#target.tls);
    addProcessMetrics(this.registry, { version, lag: this.#lag });
    this.registry.onCollect(() => this.#collect());
  }

  /** Receives the configuration. */
  get target(): SlicedTarget {
    return this.#slicedTarget;
  }

  /** The bound port; 0 before `listen`. */
  get port(): number {
    return this.#listener.address()?.port ?? 0;
  }

  /**
   * Starts to listen. Rejects with an Error that names the setting when the port is not available.
   */
  async listen(options: { readonly reusePort: boolean; readonly port: number }): Promise<void> {
    await this.#listener.listen(options.port, this.#options.env.SLUICE_PROXY_HOST, {
      reusePort: options.reusePort,
    });
  }

  /** The port for TLS; undefined before `listenTls`. */
  get tlsPort(): number | undefined {
    return this.#tlsListener?.address()?.port;
  }

  /** Listens on a second port for TLS; handshakes are refused until there is a certificate. */
  async listenTls({
    reusePort,
    port,
    ticketKeys,
  }: TlsPort & { readonly reusePort: boolean }): Promise<void> {
    this.#tlsListener = new Listener(
      this.#listener.events,
      this.#wheel,
      { tls: this.#tls.portOptions(ticketKeys), maxTurnedAway: this.#maxTurnedAway },
      this.#connectionLimits,
    );
    await this.#tlsListener.listen(port, this.#options.env.SLUICE_PROXY_HOST, {
      reusePort,
      setting: 'SLUICE_TLS_PORT',
    });
  }

  /**
   * Uses other certificates of files from the next handshake on.
   * @throws Error when one is not usable; the previous ones then stay in use
   */
  setCertificates({ server, client }: NodeCertificates): void {
    if (server !== undefined) this.#tls.setFiles(server);
    this.upstreams.clientCertificates.replace(client);
  }

  /** The health of every target of every service. */
  targetsHealth(): {
    readonly service: string;
    readonly address: string;
    readonly healthy: boolean;
  }[] {
    return [...this.#target.runtime.of('service').values()].flatMap(({ name, upstream }) =>
      upstream.health().map(({ address, healthy }) => ({ service: name, address, healthy })),
    );
  }

  /** The number of certificates that clients of the TLS port can get. */
  get serverCertificates(): number {
    return this.#tls.size;
  }

  /**
   * Stops listening, waits up to `timeoutMs` for the requests in flight, and releases all
   * resources.
   */
  async drain(timeoutMs: number): Promise<void> {
    await Promise.all([this.#listener.drain(timeoutMs), this.#tlsListener?.drain(timeoutMs)]);
    await this.#accessLog?.close();
    await this.#tracer.shutdown();
    await this.#policies.shared.closeAll();
    await this.#hosts.closeAll();
    await this.#sharedStores.close();
    this.upstreams.closeAll();
    await this.#limits.close();
    this.#streams.stop();
    this.#wheel.stop();
    this.#overload.stop();
    this.#lag.stop();
  }

  #proxy(): ProxyServices {
    const { logger } = this.#options;
    const failures = new BoundedLog((fields, message) => logger.warn(fields, message));
    const faults = new BoundedLog((fields, message) => logger.error(fields, message));
    const policyFaults = new BoundedLog((fields, message) => logger.warn(fields, message));
    return {
      runtime: () => this.#target.runtime,
      newRequestId: requestId,
      epochs: this.#epochs,
      streams: this.#streams,
      overload: this.#overload,
      tracer: this.#tracer,
      accessLog: this.#accessLog,
      metrics: this.metrics,
      buffers: this.#buffers,
      unmatched: this.metrics.route('', ''),
      denials: new CountedDenials(this.metrics),
      noGateway,
      viaHttp1: `1.1 ${viaPseudonym}`,
      viaHttp2: `2 ${viaPseudonym}`,
      portText: new PortText(),
      noteCredentialUse: (id) => this.credentialNotes.used(id, Date.now()),
      noteFailure: ({ requestId: id, targetAddress, service }, code, reason) =>
        failures.write(
          { code, target: targetAddress, service: service?.name, requestId: id, reason },
          'a target sent no complete response',
        ),
      notePolicyFault: (policy, fault, id) =>
        policyFaults.write({ policy, requestId: id, error: fault }, 'a policy failed'),
      noteRefusal: ({ code, reason, peerAddress }, id) =>
        logger.debug({ code, reason, peerAddress, requestId: id }, 'refused a message'),
      noteFault: (fault, id) =>
        faults.write({ requestId: id, error: fault }, 'an exchange failed; this is a defect'),
    };
  }

  #collect(): void {
    const { metrics } = this;
    const { counts } = this.#names;
    metrics.connections.set(
      this.#listener.connectionCount + (this.#tlsListener?.connectionCount ?? 0),
    );
    if (this.#tlsListener !== undefined) this.#tls.collect();
    metrics.credentialUsesDropped.add(
      this.credentialNotes.dropped - metrics.credentialUsesDropped.value,
    );
    metrics.overloadShedRatio.set(this.#overload.share);
    metrics.bufferedContent.set(this.#buffers.used);
    metrics.bufferedContentRefused.add(
      this.#buffers.refused - metrics.bufferedContentRefused.value,
    );
    const { answered, notFound, failed, stale } = metrics.nameResolutions;
    for (const [series, count] of [
      [answered, counts.answered],
      [notFound, counts.notFound],
      [failed, counts.failed],
      [stale, counts.stale],
    ] as const)
      series.add(count - series.value);
    metrics.limitStoreUp.set(isAvailable(this.#limits) ? 1 : 0);
    metrics.limitKeys.set(this.#limits instanceof MemoryStore ? this.#limits.size : 0);
    metrics.targetHealthy.clear();
    metrics.upstreamConnections.clear();
    for (const { service, address, healthy } of this.targetsHealth())
      metrics.targetHealthy.set(healthy ? 1 : 0, service, address);
    for (const { address, open } of this.upstreams.connections())
      metrics.upstreamConnections.set(open, address);
  }
}

function isAvailable(limits: LimitStore): boolean {
  return limits instanceof RedisStore || limits instanceof RemoteLimitStore
    ? limits.available
    : true;
}

function createTracer(
  { env, logger, version }: ServingOptions,
  metrics: GatewayMetrics,
  names: NameResolver,
): Tracer {
  const { otlp, sampler, resourceAttributes } = traceSettings(env);
  return new Tracer({
    serviceName: 'sluice-proxy',
    instanceId: env.SLUICE_NODE_ID,
    version,
    resourceAttributes,
    // Without an exporter no trace starts here: an unsampled one would disable the upstreams'
    // sampling.
    ratio: otlp === undefined ? undefined : sampler.ratio,
    followsParent: sampler.followsParent,
    export: otlp && spanExport(otlp, names, metrics, (message) => logger.warn(message)),
  });
}

function createAccessLog(logger: Logger, metrics: GatewayMetrics): AccessLog {
  return new AccessLog({
    sink: standardOutput(),
    onDropped: (lines) => metrics.accessLogDropped.add(lines),
    warn: (message) => logger.warn(message),
  });
}

function policyLogger(logger: Logger, policyId: string) {
  return {
    info: (message: string, facts: object = {}) => logger.info({ policyId, ...facts }, message),
    warn: (message: string, facts: object = {}) => logger.warn({ policyId, ...facts }, message),
  };
}

/** Placeholder until there is a configuration: it serves no route and trusts no proxy. */
const noGateway: ExchangeGateway = {
  id: '',
  name: '',
  pipeline: emptyPipeline,
  trustedProxies: new TrustedProxies([]),
  maxBodyBytes: 10_485_760,
  servesHalfClosed: false,
};
