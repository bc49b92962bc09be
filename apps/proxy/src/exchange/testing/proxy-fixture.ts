import type { Resource } from '@sluice/config';
import type { Policy } from '@sluice/policy-sdk';
import type { PolicyHosts } from '@sluice/policy-sdk/host';
import { MemoryStore } from '@sluice/ratelimit';
import { AccessLog, GatewayMetrics, MetricsRegistry, requestId, Tracer } from '@sluice/telemetry';
import type { ResourceChange } from '../../config/source.ts';
import { createHosts } from '../../host/node-hosts.ts';
import { nodeKeys } from '../../keys/node-keys.ts';
import { SharedStores } from '../../host/shared-stores.ts';
import { CertificateIndex } from '../../listener/certificate-index.ts';
import type { ListenerOptions } from '../../listener/listener-options.ts';
import { Listener } from '../../listener/listener.ts';
import { ServerCertificates } from '../../listener/server-certificates.ts';
import type { HandshakeOutcome, TlsPortOptions } from '../../listener/tls-port-options.ts';
import { RawClient, type RawResponse } from '../../listener/testing/raw-client.ts';
import { eventually } from '../../listener/testing/running-listener.ts';
import { KeyPairCache } from '../../net/key-pair-cache.ts';
import { TimerWheel } from '../../net/timer-wheel.ts';
import { Overload, type OverloadOptions } from '../../overload/overload.ts';
import { RuntimeTarget } from '../../runtime/apply.ts';
import { nodePolicies, policyRegistry } from '../../runtime/node-policies.ts';
import type { PolicyRegistry } from '../../runtime/policy-chain.ts';
import { ExchangeEpochs, type ExchangeEpochsOptions } from '../exchange-epochs.ts';
import { emptyPipeline } from '@sluice/policy-sdk/run';
import { resource } from '../../runtime/testing/resources.ts';
import { TrustedProxies } from '../../runtime/trusted-proxies.ts';
import { LongStreams } from '../../streams/long-streams.ts';
import type { TargetOptions } from '../../upstream/target-options.ts';
import { CredentialNotes } from '../../usage/credential-notes.ts';
import { UpstreamRegistry } from '../../upstream/upstream-registry.ts';
import { BufferBudget } from '../body/buffer-budget.ts';
import { listenerEvents } from '../listener-events.ts';
import { viaPseudonym } from '../loops.ts';
import { CountedDenials } from '../policy-denials.ts';
import { PortText } from '../port-text.ts';
import type { ProxyServices } from '../proxy-services.ts';

export interface FixtureOptions {
  /** Policies of the spec's own, besides the built-in ones. */
  readonly policies?: readonly Policy[];
  readonly listener?: Partial<ListenerOptions>;
  readonly upstream?: Partial<TargetOptions>;
  /** Default: sheds nothing. */
  readonly overload?: Partial<OverloadOptions>;
  /** Timeout of a policy; default: that of the guard. */
  readonly policyTimeoutMs?: number;
  /** Bytes of content that policies may buffer; default: 64 MiB. */
  readonly maxBufferedBytes?: number;
  /** How long closing a policy waits for exchanges. */
  readonly epochs?: ExchangeEpochsOptions;
  /** The listener speaks TLS with the certificates of the configuration. */
  readonly tls?: boolean;
  /** Default: records nothing. */
  readonly tracer?: Tracer;
  /** The Redis of the shared store; default: none. */
  readonly redisUrl?: string;
  /** Prefix of the keys in Redis. */
  readonly redisPrefix?: string;
  /** The address to listen on; default: 127.0.0.1. */
  readonly host?: string;
  /** The initial configuration; the gateway "default" is added unless it is among them. */
  readonly resources?: readonly Resource[];
}

/** The proxy's log lines other than the access log. */
interface Notes {
  readonly faults: unknown[];
  readonly policyFaults: { readonly policy: string; readonly fault: unknown }[];
  readonly failures: { readonly code: string; readonly reason: string }[];
}

/** One parsed line of the access log. */
export type AccessLine = Readonly<Record<string, unknown>>;

/**
 * The parts of a serving process on a free port: real listener, runtime, policies, pools and access
 * log. Only the destination of log lines differs. Tests only.
 */
export class ProxyFixture {
  readonly metrics = new MetricsRegistry();
  readonly lines: AccessLine[] = [];
  readonly notes: Notes = { faults: [], policyFaults: [], failures: [] };
  readonly upstreams: UpstreamRegistry;
  readonly target: RuntimeTarget;
  readonly listener: Listener;
  /** The outcomes of TLS handshakes. */
  readonly handshakes: HandshakeOutcome[] = [];
  readonly limits = new MemoryStore();
  readonly credentialNotes = new CredentialNotes();
  readonly sharedStores: SharedStores;
  readonly hosts: PolicyHosts;
  readonly epochs: ExchangeEpochs;
  readonly streams = new LongStreams(() => this.target.runtime);
  readonly policies: PolicyRegistry;
  readonly overload: Overload;
  readonly buffers: BufferBudget;
  readonly #wheel = new TimerWheel({ tickMs: 5 }).start();
  readonly #accessLog: AccessLog;
  readonly #clients: RawClient[] = [];
  #revision = 0;

  private constructor(policies: ReadonlyMap<string, Policy>, options: FixtureOptions) {
    const metrics = new GatewayMetrics(this.metrics);
    this.buffers = new BufferBudget(options.maxBufferedBytes ?? 67_108_864);
    this.overload = new Overload({ lagMs: 0, memoryShare: 0, ...options.overload }).start();
    this.upstreams = new UpstreamRegistry(this.#wheel, options.upstream);
    this.sharedStores = new SharedStores({
      redisUrl: options.redisUrl,
      keyPrefix: options.redisPrefix,
      logger: { info: () => undefined, error: () => undefined },
    });
    this.hosts = createHosts({
      stores: {
        limits: this.limits,
        credentials: { findKey: (hash) => this.target.runtime.findKey(hash) },
      },
      credentials: {
        find: (type, lookup) => this.target.runtime.findCredential(type, lookup),
        reportRehash: (found, hash) => this.credentialNotes.noteRehash(found, hash),
      },
      keys: nodeKeys(() => this.target.runtime),
      clientCertificates: {
        verify: (certificate) =>
          this.target.tls.clientVerification.trust.verify(certificate, Date.now()),
      },
      consumers: { find: (by) => this.target.runtime.findConsumer(by) },
      clock: { now: Date.now },
      loggerFor: () => ({ info: () => undefined, warn: () => undefined }),
      metrics,
      registry: this.metrics,
      sharedStoreFor: (policy) => this.sharedStores.storeFor(policy),
    });
    this.epochs = new ExchangeEpochs(options.epochs);
    this.policies = policyRegistry(policies, this.hosts, this.epochs);
    this.target = new RuntimeTarget('default', {
      ...this.policies,
      policyTimeoutMs: options.policyTimeoutMs,
      upstreams: this.upstreams,
      metrics,
      keyPairs: new KeyPairCache(),
    });
    this.#accessLog = new AccessLog({
      sink: {
        write: (text, done) => {
          for (const line of text.toString().trimEnd().split('\n'))
            this.lines.push(JSON.parse(line) as AccessLine);
          done(undefined);
        },
      },
      onDropped: () => undefined,
      warn: () => undefined,
      flushMs: 1,
    });
    this.listener = new Listener(
      listenerEvents(this.#proxy(metrics, options.tracer)),
      this.#wheel,
      { ...options.listener, ...(options.tls === true ? { tls: this.#tlsOptions() } : {}) },
    );
  }

  #tlsOptions(): TlsPortOptions {
    const files = new CertificateIndex();
    return {
      certificates: new ServerCertificates({
        files: () => files,
        resources: () => this.target.tls.serverCertificates,
      }),
      clients: () => this.target.tls.clientVerification,
      onHandshake: (outcome) => this.handshakes.push(outcome),
    };
  }

  static async start(options: FixtureOptions = {}): Promise<ProxyFixture> {
    const known = new Map(await nodePolicies(undefined));
    for (const policy of options.policies ?? []) known.set(policy.schema.name, policy);
    const fixture = new ProxyFixture(known, options);
    if (options.resources !== undefined) await fixture.apply(options.resources);
    await fixture.listener.listen(0, options.host ?? '127.0.0.1');
    return fixture;
  }

  get port(): number {
    return this.listener.address()?.port ?? 0;
  }

  /** Applies a whole configuration. Throws unless all of it can be used. */
  async apply(resources: readonly Resource[]): Promise<void> {
    const gateway = resources.some(({ kind }) => kind === 'gateway')
      ? []
      : [resource('gateway', { name: 'default' })];
    const outcome = await this.target.applySnapshot(++this.#revision, [...gateway, ...resources]);
    if (!outcome.applied || outcome.quarantined.length > 0)
      throw new Error(JSON.stringify(outcome));
  }

  /** Applies a delta. Throws unless all of it can be used. */
  change(...changes: readonly ResourceChange[]): void {
    const outcome = this.target.applyDelta(++this.#revision, changes);
    if (!outcome.applied) throw new Error(JSON.stringify(outcome));
  }

  /** Opens a connection; `stop` closes it. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  /** Sends one request on a connection of its own and reads the response. */
  async send(request: string | Buffer, method = 'GET'): Promise<RawResponse> {
    const client = await this.connect();
    const response = await client.send(request).readResponse(method);
    client.close();
    return response;
  }

  /** Sends a GET with these field lines, each without its line end. */
  get(path: string, ...fields: readonly string[]): Promise<RawResponse> {
    return this.send(
      `${[`GET ${path} HTTP/1.1`, 'Host: api.test', ...fields].join('\r\n')}\r\n\r\n`,
    );
  }

  /** Waits for the access log line of the request with this number, counted from 0. */
  async line(index: number): Promise<AccessLine> {
    await eventually(() => this.lines.length > index);
    return this.lines[index] as AccessLine;
  }

  /** The value of a counter: the sum over all series whose labels are these. */
  counted(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const metric = this.metrics.snapshot().find(({ definition }) => definition.name === name);
    if (metric === undefined) throw new Error(`there is no metric ${name}`);
    const names = metric.definition.labels;
    const series = metric.series.filter((each) =>
      Object.entries(labels).every(([label, value]) => each.labels[names.indexOf(label)] === value),
    );
    return series.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.listener.close();
    await this.policies.shared.closeAll();
    await this.hosts.closeAll();
    await this.sharedStores.close();
    this.upstreams.closeAll();
    await this.#accessLog.close();
    this.streams.stop();
    this.overload.stop();
    this.#wheel.stop();
  }

  #proxy(metrics: GatewayMetrics, tracer: Tracer | undefined): ProxyServices {
    const { notes } = this;
    return {
      runtime: () => this.target.runtime,
      newRequestId: requestId,
      overload: this.overload,
      epochs: this.epochs,
      streams: this.streams,
      tracer:
        tracer ??
        new Tracer({
          serviceName: 'fixture',
          instanceId: 'fixture',
          version: '0',
          ratio: undefined,
          export: undefined,
        }),
      accessLog: this.#accessLog,
      metrics,
      buffers: this.buffers,
      unmatched: metrics.route('', ''),
      denials: new CountedDenials(metrics),
      noGateway: {
        id: '',
        name: '',
        pipeline: emptyPipeline,
        trustedProxies: new TrustedProxies([]),
        maxBodyBytes: 1_000_000,
        servesHalfClosed: false,
      },
      viaHttp1: `1.1 ${viaPseudonym}`,
      viaHttp2: `2 ${viaPseudonym}`,
      portText: new PortText(),
      noteCredentialUse: (id) => this.credentialNotes.used(id, Date.now()),
      noteFailure: (_facts, code, reason) => notes.failures.push({ code, reason }),
      notePolicyFault: (policy, fault) => notes.policyFaults.push({ policy, fault }),
      noteRefusal: () => undefined,
      noteFault: (fault) => notes.faults.push(fault),
    };
  }
}
