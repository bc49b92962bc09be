/** More frames than that without an answer are forgotten, the oldest first: a node that answers this late begins anew. */
const maxKept = 10_000;

/** What an answer of a node is about. `outdated`: a revision of the configuration that was replaced since by another one. */
export type Answered = 'expected' | 'outdated' | 'unknown';

/** The revisions that were sent to one node and not answered yet, in the order in which they were sent. */
export class Unanswered {
  private readonly sent: { readonly revision: number; readonly era: number }[] = [];
  private era = 0;

  /** True when every frame was answered. */
  get isEmpty(): boolean {
    return this.sent.length === 0;
  }

  /** A revision is about to be sent; its answer may come from now on. */
  add(revision: number): void {
    this.sent.push({ revision, era: this.era });
    if (this.sent.length > maxKept) this.sent.shift();
  }

  /** Revisions count anew: what is still answered of those before means nothing. */
  restart(): void {
    this.era++;
  }

  /** Takes the answer to a revision. Earlier ones without an answer were left out by the node, which had begun anew. */
  take(revision: number): Answered {
    const index = this.sent.findIndex((frame) => frame.revision === revision);
    const frame = this.sent[index];
    if (frame === undefined) return 'unknown';
    this.sent.splice(0, index + 1);
    return frame.era === this.era ? 'expected' : 'outdated';
  }
}
