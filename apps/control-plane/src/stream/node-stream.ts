import { after, guarded } from '@sluice/errors';
import type { Hello, NodeCall, NodeFrame } from '@sluice/wire';
import type { ConnectedNodes } from '../features/nodes/connected-nodes.ts';
import type { NodeSession } from '../features/nodes/node-session.ts';
import type { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import type { Logger } from '../platform/logger.ts';
import { admit } from './admission.ts';
import { DeliveryLine } from './delivery-line.ts';
import { StreamRefusal } from './stream-refusal.ts';

export interface NodeStreamSurroundings {
  readonly feed: RevisionFeed;
  readonly nodes: ConnectedNodes;
  readonly logger: Logger;
  /** A node says hello within that time, or it is not one of ours. */
  readonly helloMs: number;
}

/** One node's stream from hello to end: frames in, and what they mean. What goes out is the {@link DeliveryLine}'s. */
export class NodeStream {
  private readonly line: DeliveryLine;
  private readonly helloTimer: NodeJS.Timeout;
  private session: NodeSession | undefined;
  private isOver = false;

  constructor(
    private readonly call: NodeCall,
    private readonly surroundings: NodeStreamSurroundings,
    private readonly onEnd: (stream: NodeStream) => void,
  ) {
    this.line = new DeliveryLine(call, surroundings.feed, (refusal) => this.refuse(refusal));
    this.helloTimer = after('config', surroundings.helloMs, () => this.refuse(new StreamRefusal('DEADLINE_EXCEEDED', 'no hello came')));
    call.on('data', guarded('config', (frame: NodeFrame) => this.take(frame)));
    call.on('end', guarded('config', () => call.end()));
    call.on('error', () => this.finish());
    call.on('cancelled', () => this.finish());
    call.on('close', () => this.finish());
  }

  /** Id of the gateway whose configuration the stream carries; undefined before the hello. */
  get gatewayId(): string | undefined {
    return this.session?.identity.gatewayId;
  }

  /** There may be something new to send. */
  advance(): void {
    this.line.advance();
  }

  /** Sends a life sign when everything else was sent. */
  beat(): void {
    this.line.beat();
  }

  /** Tells the node to go elsewhere, and ends the stream. */
  drain(frame: Buffer): void {
    if (this.isOver) return;
    this.call.write(frame);
    this.call.end();
    this.finish();
  }

  private take(frame: NodeFrame): void {
    if (this.isOver) return;
    if (frame.type === 'hello') {
      void this.welcome(frame);
      return;
    }
    const { session } = this;
    if (session === undefined) this.refuse(new StreamRefusal('INVALID_ARGUMENT', 'the first frame must be a hello'));
    else if (frame.type === 'ack') session.acked(frame.revision, frame.quarantined);
    else if (frame.type === 'nack') session.nacked(frame.revision, frame.faults);
    else if (frame.type === 'status') session.reported(frame.draining, frame.targets, frame.appliedRevision);
  }

  private async welcome(hello: Hello): Promise<void> {
    clearTimeout(this.helloTimer);
    // What the node says next must find its session.
    this.call.pause();
    try {
      const { feed } = this.surroundings;
      const { gatewayId, position } = await admit(hello, feed);
      if (this.isOver) return;
      const session = this.session ?? (await this.join(hello, gatewayId, position !== undefined));
      if (this.isOver) {
        this.surroundings.nodes.leave(session);
        return;
      }
      if (session.identity.id !== hello.nodeId || session.identity.gatewayId !== gatewayId) {
        throw new StreamRefusal('INVALID_ARGUMENT', 'a stream belongs to one node and one gateway');
      }
      this.line.open(session, position);
      this.call.resume();
    } catch (error) {
      this.refuse(error instanceof StreamRefusal ? error : new StreamRefusal('INTERNAL', 'the control plane failed; its log says why'), error);
    }
  }

  private async join({ nodeId, version, revision, appliedRevision, nackedRevision, faults }: Hello, gatewayId: string, goesOn: boolean): Promise<NodeSession> {
    const { nodes, logger } = this.surroundings;
    this.session = await nodes.join(
      { id: nodeId, gatewayId, version: version.slice(0, 64) },
      (session) => {
        if (goesOn) session.resumed(Math.min(appliedRevision, revision), nackedRevision, faults);
      },
      () => {
        logger.warn('a newer stream of the same node took over; two nodes must not share an id', { node: nodeId });
        this.refuse(new StreamRefusal('ABORTED', `another stream of node "${nodeId}" took over; two nodes must not share an id`));
      },
    );
    return this.session;
  }

  private refuse(refusal: StreamRefusal, cause: unknown = refusal): void {
    if (this.isOver) return;
    if (cause !== refusal) this.surroundings.logger.error('a config stream failed', { reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
    this.finish();
    this.call.emit('error', refusal);
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.helloTimer);
    this.line.close();
    if (this.session !== undefined) this.surroundings.nodes.leave(this.session);
    this.onEnd(this);
  }
}
