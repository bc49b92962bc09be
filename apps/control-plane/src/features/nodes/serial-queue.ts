/** Runs asynchronous functions one after the other, in the order in which they were added. */
export class SerialQueue {
  private last: Promise<void> = Promise.resolve();
  private readonly waiting = new Set<() => Promise<void>>();

  /** Resolves when all functions added so far have finished. */
  get done(): Promise<void> {
    return this.last;
  }

  /**
   * Runs `work` after the functions before it. `work` must not reject. A function that is already
   * waiting is not added again, so periodic work does not accumulate behind a slow function.
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
