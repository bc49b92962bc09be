import type { Delivery, DeliveryOutcome } from './delivery.ts';

/**
 * The most frames to keep; the oldest is dropped first. A node that answers a dropped frame needs a
 * snapshot.
 */
const maxKept = 10_000;

/**
 * What a node's answer refers to. `outdated`: a revision of a configuration that a reload has
 * replaced.
 */
export type Answered = 'expected' | 'outdated' | 'unknown';

/**
 * The revisions that were sent to one node and are unanswered, in the order in which they were
 * sent.
 */
export class Unanswered {
  private readonly sent: {
    readonly revision: number;
    readonly era: number;
    readonly delivery: Delivery | undefined;
  }[] = [];
  private era = 0;

  /** True when the node has answered every revision. */
  get isEmpty(): boolean {
    return this.sent.length === 0;
  }

  /** Adds a revision that is about to be sent. */
  add(revision: number, delivery?: Delivery): void {
    this.sent.push({ revision, era: this.era, delivery });
    if (this.sent.length > maxKept) this.sent.shift()?.delivery?.end('unanswered');
  }

  /** The configuration was reloaded: answers to earlier revisions are outdated. */
  restart(): void {
    this.era++;
  }

  /**
   * Takes the answer to a revision. Also removes earlier revisions, which a node skips when it gets
   * a snapshot.
   */
  take(revision: number, outcome: DeliveryOutcome = 'applied'): Answered {
    const index = this.sent.findIndex((frame) => frame.revision === revision);
    const frame = this.sent[index];
    if (frame === undefined) return 'unknown';
    const isExpected = frame.era === this.era;
    for (const skipped of this.sent.splice(0, index)) skipped.delivery?.end('unanswered');
    this.sent.shift();
    frame.delivery?.end(isExpected ? outcome : 'unanswered');
    return isExpected ? 'expected' : 'outdated';
  }

  /** The stream has ended: nothing of what was sent is answered any more. */
  abandon(): void {
    for (const { delivery } of this.sent.splice(0)) delivery?.end('unanswered');
  }
}
