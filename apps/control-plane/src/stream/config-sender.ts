import { after, errorMessage } from '@sluice/errors';
import type { NodeCall } from '@sluice/wire';
import type { NodeSession } from '../features/nodes/node-session.ts';
import type { ConfigView } from '../features/revisions/revision-feed/config-view.ts';
import type { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import type { ControlPlaneMetrics } from '../platform/metrics/control-plane-metrics.ts';
import { Delivery } from './delivery.ts';
import { StreamRefusal, tooManyViews } from './stream-refusal.ts';
import type { Unanswered } from './unanswered.ts';

/** How long a node may take to answer the delta that deletes its gateway. */
const lastAnswerMs = 2_000;

/**
 * Sends the configuration to one node: a snapshot when the node needs one, then a delta for every
 * revision while the node keeps up. When the stream applies backpressure, the sender queues
 * nothing; after the drain it sends one merged delta from the last revision sent to the newest. So
 * a slow node takes a constant amount of memory.
 */
export class ConfigSender {
  private session: NodeSession | undefined;
  private view: ConfigView | undefined;
  /** The last revision that was sent; undefined when the node needs a snapshot. */
  private position: number | undefined;
  private isBlocked = false;
  /** Number of the newest snapshot. An older snapshot that is still being sent stops. */
  private snapshots = 0;
  private isSendingSnapshot = false;
  private isClosed = false;
  /**
   * Runs from the deletion of the gateway until the node answers it or {@link lastAnswerMs} pass.
   */
  private lastAnswer: NodeJS.Timeout | undefined;
  private onDrain: () => void = () => undefined;

  constructor(
    private readonly call: NodeCall,
    private readonly feed: RevisionFeed,
    private readonly unanswered: Unanswered,
    private readonly refuse: (refusal: StreamRefusal) => void,
    private readonly metrics?: ControlPlaneMetrics,
  ) {
    call.on('drain', () => {
      this.isBlocked = false;
      this.onDrain();
      this.send('merged');
    });
  }

  /**
   * Starts or restarts sending. `position` is the revision to resume from; undefined sends a
   * snapshot.
   */
  open(session: NodeSession, position: number | undefined): void {
    this.session = session;
    this.view = this.currentView();
    this.position = position;
    this.snapshots++;
    this.isSendingSnapshot = false;
    this.send('merged');
  }

  /** Sends the deltas of new revisions, unless the stream is blocked. */
  advance(): void {
    this.send('single');
  }

  /**
   * Sends new deltas and then a heartbeat, unless the stream is blocked or a snapshot is being
   * sent.
   */
  beat(): void {
    this.send('single');
    const { view, position } = this;
    if (
      this.isWaiting() ||
      view === undefined ||
      position === undefined ||
      view !== this.currentView()
    )
      return;
    this.write(view.heartbeatFrame());
    // Nothing has changed for this node up to the view's revision.
    this.position = Math.max(position, view.revision);
  }

  /** The node has answered a revision. */
  answered(): void {
    if (this.lastAnswer !== undefined && this.unanswered.isEmpty) this.endGateway();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.lastAnswer);
    this.unanswered.abandon();
    this.onDrain();
  }

  private currentView(): ConfigView | undefined {
    if (this.session === undefined) return undefined;
    const { gatewayId, capabilities } = this.session.identity;
    return this.feed.viewFor(gatewayId, capabilities);
  }

  private isWaiting(): boolean {
    return this.isClosed || this.isBlocked || this.isSendingSnapshot || this.session === undefined;
  }

  private send(deltas: 'single' | 'merged'): void {
    while (!this.isWaiting()) {
      const current = this.currentView();
      if (current === undefined && this.hasGateway()) {
        this.refuse(tooManyViews());
        return;
      }
      // The last delta of a deleted gateway deletes it. The stream ends after the node has answered
      // that delta.
      const view = current ?? this.view;
      if (view === undefined) {
        this.endGateway();
        return;
      }
      if (view !== this.view) this.changeView(view);
      if (this.position === undefined || !view.covers(this.position)) {
        void this.sendSnapshot(view);
        return;
      }
      const delta =
        deltas === 'single' ? view.nextDelta(this.position) : view.mergedDelta(this.position);
      if (delta === undefined) {
        if (current === undefined) this.awaitLastAnswer();
        return;
      }
      if (delta.frame === undefined) {
        void this.sendSnapshot(view);
        return;
      }
      this.position = delta.revision;
      this.unanswered.add(
        delta.revision,
        this.session && new Delivery(delta, this.session.identity, this.metrics),
      );
      this.session?.sent(delta.revision, false);
      this.write(delta.frame);
    }
  }

  private changeView(view: ConfigView): void {
    const { view: previous, position } = this;
    this.view = view;
    if (previous?.hasRevisionsOf(view) === true) {
      // The control plane has learnt what a later release sends to this node.
      const held = position === undefined ? undefined : previous.setHashAt(position);
      if (position === undefined || held === undefined || !view.canResume(position, held))
        this.position = undefined;
      return;
    }
    // The configuration was reloaded, perhaps from another database.
    this.position = undefined;
    this.session?.restarted();
    this.unanswered.restart();
  }

  /** False once the gateway was deleted. */
  private hasGateway(): boolean {
    const { session } = this;
    return session !== undefined && this.feed.view(session.identity.gatewayId) !== undefined;
  }

  private async sendSnapshot(view: ConfigView): Promise<void> {
    const number = ++this.snapshots;
    this.isSendingSnapshot = true;
    try {
      const { revision, frames } = await view.snapshot();
      if (this.isClosed || number !== this.snapshots) return;
      this.unanswered.add(revision);
      for (const frame of frames) {
        if (this.isClosed || number !== this.snapshots) return;
        this.write(frame);
        if (this.isBlocked) await new Promise<void>((resolve) => (this.onDrain = resolve));
      }
      if (this.isClosed || number !== this.snapshots) return;
      this.position = revision;
      this.session?.sent(revision, true);
      this.isSendingSnapshot = false;
      this.send('merged');
    } catch (error) {
      if (number === this.snapshots)
        this.refuse(
          new StreamRefusal('INTERNAL', `the snapshot cannot be sent: ${errorMessage(error)}`),
        );
    }
  }

  private awaitLastAnswer(): void {
    if (this.unanswered.isEmpty) this.endGateway();
    else this.lastAnswer ??= after('config', lastAnswerMs, () => this.endGateway());
  }

  private endGateway(): void {
    this.refuse(
      new StreamRefusal(
        'NOT_FOUND',
        'the gateway was deleted; set SLUICE_GATEWAY to one that exists',
      ),
    );
  }

  private write(frame: Buffer): void {
    if (!this.call.write(frame)) this.isBlocked = true;
  }
}
