/** Does one thing after the other, in the order in which they came. */
export class SerialQueue {
  private last: Promise<void> = Promise.resolve();
  private readonly waiting = new Set<() => Promise<void>>();

  /** Resolves when everything that waits by now is done. */
  get done(): Promise<void> {
    return this.last;
  }

  /**
   * Does the work when its turn has come. `work` does not reject. A function that waits already is not put in line again:
   * so what is wanted again and again does not pile up behind something slow.
   */
  add(work: () => Promise<void>): void {
    if (this.waiting.has(work)) return;
    this.waiting.add(work);
    this.last = this.last.then(() => {
      this.waiting.delete(work);
      return work();
    });
  }
}
