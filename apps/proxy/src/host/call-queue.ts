import { HttpFault } from '@sluice/policy-sdk';

/** Lets a bounded number of calls run at the same time; a bounded number waits, in order. */
export class CallQueue {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Resolves when the call may run; it then ends with {@link leave}.
   * @throws HttpFault when too many wait, and the reason of the signal when that is aborted first
   */
  async enter(signal: AbortSignal): Promise<void> {
    if (this.#running < this.#maxRunning) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting)
      throw new HttpFault(
        'queue_full',
        `${this.#running} calls are in flight and ${this.#waiting.size} wait for a connection`,
      );
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(start);
        reject(signal.reason as Error);
      };
      const start = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(start);
    });
  }

  /** Ends a call: the next one that waits takes its place. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
