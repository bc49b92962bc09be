import { after, errorStack, guarded } from '@sluice/errors';
import type {
  Ack,
  CredentialReport,
  Hello,
  Nack,
  NodeCall,
  NodeFrame,
  StatusReport,
} from '@sluice/wire';
import type { NodeCapabilities } from '../features/nodes/node-capabilities.ts';
import type { ConnectedNodes } from '../features/nodes/connected-nodes.ts';
import type { NodeIdentity, NodeSession } from '../features/nodes/node-session.ts';
import type { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import type { Logger } from '../platform/logger.ts';
import type { ControlPlaneMetrics } from '../platform/metrics/control-plane-metrics.ts';
import { admit, requireServed } from './admission.ts';
import { capabilitiesOf } from './capabilities.ts';
import { ConfigSender } from './config-sender.ts';
import { StreamRefusal } from './stream-refusal.ts';
import { Unanswered } from './unanswered.ts';

export interface NodeStreamServices {
  readonly feed: RevisionFeed;
  readonly nodes: ConnectedNodes;
  readonly logger: Logger;
  /** How long a node may take to send its hello. */
  readonly helloMs: number;
  /** Ids of nodes that sent an impossible claim. They get a snapshot when they reconnect. */
  readonly distrusted: Set<string>;
  /** True when others cannot read what is sent to the node. */
  readonly isPrivate: boolean;
  /** Where deliveries are counted; undefined counts nothing. */
  readonly metrics: ControlPlaneMetrics | undefined;
  /** Told what nodes report about credentials; undefined ignores it. */
  readonly reports: CredentialReports | undefined;
}

/** Receives what nodes report about credentials. Must not throw. */
export interface CredentialReports {
  heard(node: string, report: CredentialReport): void;
}

const maxDistrusted = 1_000;

/**
 * One node's stream from hello to end. Handles the node's frames; {@link ConfigSender} sends ours.
 */
export class NodeStream {
  private readonly sender: ConfigSender;
  private readonly helloTimer: NodeJS.Timeout;
  private readonly unanswered = new Unanswered();
  private session: NodeSession | undefined;
  /** The name by which the node asked for its gateway. */
  private gatewayName = '';
  private isOver = false;

  constructor(
    private readonly call: NodeCall,
    private readonly proxy: NodeStreamServices,
    private readonly onEnd: (stream: NodeStream) => void,
  ) {
    this.sender = new ConfigSender(
      call,
      proxy.feed,
      this.unanswered,
      (refusal) => this.refuse(refusal),
      proxy.metrics,
    );
    this.helloTimer = after('config', proxy.helloMs, () =>
      this.refuse(new StreamRefusal('DEADLINE_EXCEEDED', 'the node sent no hello in time')),
    );
    call.on(
      'data',
      guarded('config', (frame: NodeFrame) => this.take(frame)),
    );
    call.on(
      'end',
      guarded('config', () => call.end()),
    );
    call.on('error', () => this.finish());
    call.on('cancelled', () => this.finish());
    call.on('close', () => this.finish());
  }

  /** Id of the gateway whose configuration the stream carries; undefined before the hello. */
  get gatewayId(): string | undefined {
    return this.session?.identity.gatewayId;
  }

  /** The identity of the node; undefined before the hello. */
  get identity(): NodeIdentity | undefined {
    return this.session?.identity;
  }

  /** Sends new revisions, if there are any. Ends the stream when the gateway was renamed. */
  advance(): void {
    if (!this.endWhenRenamed()) this.sender.advance();
  }

  /** Sends a heartbeat when everything else was sent. */
  beat(): void {
    if (this.session !== undefined) {
      try {
        requireServed(this.session.identity.capabilities, this.proxy.feed);
      } catch (error) {
        this.refuse(error as StreamRefusal);
        return;
      }
    }
    this.sender.beat();
  }

  /** Tells the node to reconnect to another replica, and ends the stream. */
  drain(frame: Buffer): void {
    if (this.isOver) return;
    this.call.write(frame);
    this.call.end();
    this.finish();
  }

  /**
   * The Admin API refuses to rename a gateway while live nodes serve it. A node that was silent, or
   * that connected at the same moment, learns here that its gateway has another name.
   */
  private endWhenRenamed(): boolean {
    if (this.session === undefined) return false;
    const name = this.proxy.feed.gatewayName(this.session.identity.gatewayId);
    if (name === undefined || name === this.gatewayName) return false;
    this.refuse(
      new StreamRefusal(
        'NOT_FOUND',
        `the gateway "${this.gatewayName}" was renamed; restart this node with SLUICE_GATEWAY=${name}`,
      ),
    );
    return true;
  }

  private take(frame: NodeFrame): void {
    if (this.isOver) return;
    if (frame.type === 'hello') {
      void this.welcome(frame);
      return;
    }
    const { session } = this;
    if (session === undefined)
      this.refuse(new StreamRefusal('INVALID_ARGUMENT', 'the first frame must be a hello'));
    else if (frame.type === 'status') this.hear(session, frame);
    else if (frame.type === 'credentialReport') this.heardOfCredentials(session, frame);
    else if (frame.type === 'ack' || frame.type === 'nack') this.answered(session, frame);
  }

  private heardOfCredentials({ identity }: NodeSession, report: CredentialReport): void {
    const { reports, isPrivate } = this.proxy;
    // Over a network in plaintext, another host could replace the password of a credential.
    reports?.heard(identity.id, isPrivate ? report : { ...report, rehashes: [] });
  }

  private answered(session: NodeSession, frame: Ack | Nack): void {
    const { revision } = frame;
    const what = this.unanswered.take(revision, frame.type === 'ack' ? 'applied' : 'refused');
    if (what === 'unknown' && !session.hasAnswered(revision))
      this.distrust(
        `${frame.type === 'ack' ? 'acknowledged' : 'rejected'} revision ${revision}, which was not sent to it`,
      );
    if (what !== 'expected') return;
    if (frame.type === 'ack') session.acked(revision, frame.quarantined);
    else session.nacked(revision, frame.faults);
    this.sender.answered();
  }

  private hear(session: NodeSession, { draining, targets, appliedRevision }: StatusReport): void {
    const { revision } = this.proxy.feed;
    if (session.claimsTooMuch(appliedRevision, revision))
      this.distrust(`reported applied revision ${appliedRevision}, but the newest is ${revision}`);
    else session.reported(draining, targets, appliedRevision);
  }

  /**
   * Ends the stream of a node whose revisions do not match ours. The node gets a snapshot when it
   * reconnects.
   */
  private distrust(what: string): void {
    const { distrusted, logger } = this.proxy;
    const id = this.session?.identity.id ?? '';
    if (distrusted.size < maxDistrusted) distrusted.add(id);
    logger.warn(`a node ${what}; it must reconnect for a snapshot`, { node: id });
    this.refuse(
      new StreamRefusal('INVALID_ARGUMENT', `node "${id}" ${what}; reconnect for a snapshot`),
    );
  }

  private async welcome(hello: Hello): Promise<void> {
    clearTimeout(this.helloTimer);
    // The node's next frames must wait until its session exists.
    this.call.pause();
    try {
      const { feed, distrusted } = this.proxy;
      const capabilities =
        this.session?.identity.capabilities ?? capabilitiesOf(hello, this.proxy.isPrivate);
      const admitted = await admit(hello, capabilities, feed);
      if (this.isOver) return;
      const { gatewayId } = admitted;
      const position = distrusted.delete(hello.nodeId) ? undefined : admitted.position;
      const session =
        this.session ?? (await this.join(hello, gatewayId, capabilities, position !== undefined));
      if (session === undefined) {
        throw new StreamRefusal(
          'ALREADY_EXISTS',
          `another node with the id "${hello.nodeId}" is connected; set SLUICE_NODE_ID to a different id for each node (a restarted node is accepted again within seconds)`,
        );
      }
      if (this.isOver) {
        this.proxy.nodes.leave(session);
        return;
      }
      if (session.identity.id !== hello.nodeId || session.identity.gatewayId !== gatewayId) {
        throw new StreamRefusal(
          'INVALID_ARGUMENT',
          'a second hello on a stream must name the same node and the same gateway',
        );
      }
      this.gatewayName = hello.gateway;
      if (this.endWhenRenamed()) return;
      this.sender.open(session, position);
      this.call.resume();
    } catch (error) {
      this.refuse(
        error instanceof StreamRefusal
          ? error
          : new StreamRefusal('INTERNAL', 'the control plane failed; see its log'),
        error,
      );
    }
  }

  private async join(
    hello: Hello,
    gatewayId: string,
    capabilities: NodeCapabilities,
    resumes: boolean,
  ): Promise<NodeSession | undefined> {
    const { nodeId, version, revision, appliedRevision, nackedRevision, faults, bootId } = hello;
    const { nodes, logger, feed } = this.proxy;
    this.session = await nodes.join(
      {
        id: nodeId,
        gatewayId,
        version,
        bootId: bootId.slice(0, 64),
        capabilities,
      },
      (session) => {
        // A rejected revision that this database does not have is ignored.
        if (resumes)
          session.resumed(
            Math.min(appliedRevision, revision),
            nackedRevision <= feed.revision ? nackedRevision : 0,
            faults,
          );
      },
      () => {
        logger.warn('a newer stream of the same node took over; two nodes must not share an id', {
          node: nodeId,
        });
        this.refuse(
          new StreamRefusal(
            'ABORTED',
            `another stream of node "${nodeId}" took over; two nodes must not share an id`,
          ),
        );
      },
    );
    if (this.session !== undefined && !capabilities.mayReceiveSecrets)
      logger.warn(
        'a node is connected without TLS from another machine, so it is sent no certificates with private keys and no other secrets; turn TLS on (SLUICE_STREAM_TLS=1)',
        { node: nodeId, peer: this.call.getPeer() },
      );
    return this.session;
  }

  private refuse(refusal: StreamRefusal, cause: unknown = refusal): void {
    if (this.isOver) return;
    if (cause !== refusal)
      this.proxy.logger.error('a config stream failed', {
        reason: errorStack(cause),
      });
    this.finish();
    this.call.emit('error', refusal);
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.helloTimer);
    this.sender.close();
    if (this.session !== undefined) this.proxy.nodes.leave(this.session);
    this.onEnd(this);
  }
}
