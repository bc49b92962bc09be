import { every } from '@sluice/errors';
import {
  bearerOf,
  createConfigStreamServer,
  encodeControlFrame,
  isConfidential,
} from '@sluice/wire';
import type {
  ConfigStreamServer,
  NodeCall,
  ServerSecurity,
  ServerTls,
  StreamAddress,
} from '@sluice/wire';
import type { ConnectedNodes } from '../features/nodes/connected-nodes.ts';
import type { NodeIdentity } from '../features/nodes/node-session.ts';
import type { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import type { Logger } from '../platform/logger.ts';
import type { ControlPlaneMetrics } from '../platform/metrics/control-plane-metrics.ts';
import { NodeStream } from './node-stream.ts';
import type { CredentialReports } from './node-stream.ts';
import { StreamRefusal } from './stream-refusal.ts';

const heartbeatMs = 1_000;
const defaultMaxStreams = 10_000;
const defaultHelloMs = 10_000;
const closeMs = 2_000;
const unusedViewsMs = 30_000;

export interface ConfigStreamOptions {
  readonly address: StreamAddress;
  readonly security: ServerSecurity;
  /** True when the presented token is the node token. */
  readonly isNodeToken: (presented: string) => boolean;
  /** The most streams of this replica. The default is 10,000. */
  readonly maxStreams?: number;
  /** The most connections of this replica. The default is 20,000. */
  readonly maxConnections?: number;
  /** How long a node may take to send its hello. The default is 10 s. */
  readonly helloMs?: number;
}

/**
 * The gRPC server of the config stream and the streams of all nodes that are connected to this
 * replica.
 */
export class ConfigStream {
  private readonly server: ConfigStreamServer;
  private readonly streams = new Set<NodeStream>();
  private readonly distrusted = new Set<string>();
  private timers: NodeJS.Timeout[] = [];
  private isDraining = false;
  private failedHandshakes = 0;
  private loggedHandshakeAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: ConfigStreamOptions,
    private readonly feed: RevisionFeed,
    private readonly nodes: ConnectedNodes,
    private readonly logger: Logger,
    private readonly metrics?: ControlPlaneMetrics,
    private readonly reports?: CredentialReports,
  ) {
    const { maxConnections } = options;
    this.server = createConfigStreamServer((call) => this.accept(call), {
      ...(maxConnections === undefined ? {} : { maxConnections }),
      onAcceptFault: (error) =>
        logger.error('a connection to the config stream could not be accepted', {
          reason: error.message,
        }),
      onHandshakeFault: (error, peer) => this.noteHandshakeFault(error.message, peer),
    });
    feed.onAdvance((concerned) => this.advance(concerned));
  }

  /** Open streams. */
  get size(): number {
    return this.streams.size;
  }

  /** Listens and resolves to the port. Rejects when the address is in use, or needs TLS. */
  async start(): Promise<number> {
    const port = await this.server.listen(this.options.address, this.options.security);
    this.timers = [
      every('config', heartbeatMs, () => {
        for (const stream of this.streams) stream.beat();
      }),
      every('config', unusedViewsMs, () => this.feed.removeUnusedViews(this.identities())),
    ];
    return port;
  }

  /** Tells every node to reconnect to another replica, and stops listening. */
  async stop(): Promise<void> {
    this.isDraining = true;
    for (const timer of this.timers) clearInterval(timer);
    const frame = encodeControlFrame({ type: 'drain', reason: 'the control plane is stopping' });
    for (const stream of this.streams) stream.drain(frame);
    await this.server.close(closeMs);
  }

  /** Uses another certificate for connections from now on; streams that are open stay. */
  renew(tls: ServerTls): void {
    this.server.renew(tls);
  }

  /** Logs at most one failed handshake per second: any client can cause them. */
  private noteHandshakeFault(reason: string, peer: string): void {
    this.failedHandshakes++;
    const now = performance.now();
    if (now - this.loggedHandshakeAtMs < 1_000) return;
    this.loggedHandshakeAtMs = now;
    this.logger.warn('a TLS handshake on the config stream failed', {
      peer,
      reason,
      failures: this.failedHandshakes,
    });
  }

  private accept(call: NodeCall): void {
    const refusal = this.refusalOf(call);
    if (refusal !== undefined) {
      call.on('error', () => undefined);
      call.emit('error', refusal);
      return;
    }
    const { feed, nodes, logger, metrics, reports } = this;
    const { helloMs = defaultHelloMs, security } = this.options;
    const isPrivate = isConfidential(security.mode, call.getPeer());
    this.streams.add(
      new NodeStream(
        call,
        { feed, nodes, logger, helloMs, isPrivate, distrusted: this.distrusted, metrics, reports },
        (stream) => this.streams.delete(stream),
      ),
    );
  }

  private refusalOf(call: NodeCall): StreamRefusal | undefined {
    if (this.isDraining) return new StreamRefusal('UNAVAILABLE', 'the control plane is stopping');
    const token = bearerOf(call.metadata);
    if (token === undefined || !this.options.isNodeToken(token)) {
      this.logger.warn('refused a config stream: wrong or missing node token', {
        peer: call.getPeer(),
      });
      return new StreamRefusal(
        'UNAUTHENTICATED',
        'the node token is missing or wrong; set SLUICE_NODE_TOKEN to the token of the control plane',
      );
    }
    const maxStreams = this.options.maxStreams ?? defaultMaxStreams;
    if (this.streams.size >= maxStreams)
      return new StreamRefusal(
        'RESOURCE_EXHAUSTED',
        `this replica has reached its limit of ${maxStreams} streams; connect to another replica`,
      );
    return undefined;
  }

  private identities(): NodeIdentity[] {
    return [...this.streams].flatMap(({ identity }) => identity ?? []);
  }

  private advance(concerned: ReadonlySet<string>): void {
    for (const stream of this.streams) {
      if (stream.gatewayId !== undefined && concerned.has(stream.gatewayId)) stream.advance();
    }
  }
}
