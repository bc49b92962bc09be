/**
 * What to do when a part crashes that the proxy can do without: it is started again, and the proxy serves meanwhile. A part
 * that crashes again soon after will not be healed by a third start, so that is given up.
 */
export class Revival {
  readonly #name: string;
  readonly #giveUp: (reason: unknown) => void;
  readonly #settleMs: number;
  #restart: (() => Promise<void>) | undefined;
  #crashedAtMs = -Infinity;

  /**
   * @param giveUp receives the description of the crash, or the fault of the restart, when there is no point in going on
   * @param settleMs how long the part must have run for a further restart to make sense
   */
  constructor(name: string, giveUp: (reason: unknown) => void, settleMs = 30_000) {
    this.#name = name;
    this.#giveUp = giveUp;
    this.#settleMs = settleMs;
  }

  /** Says how the part is started again; known only once it has been started. */
  useRestart(restart: () => Promise<void>): void {
    this.#restart = restart;
  }

  /** To be called with each crash. */
  onCrash(description: string): void {
    const isTooSoon = performance.now() - this.#crashedAtMs < this.#settleMs;
    this.#crashedAtMs = performance.now();
    if (isTooSoon || this.#restart === undefined) {
      this.#giveUp(description);
      return;
    }
    console.error(`\n${description}\nThe proxy serves on. Starting ${this.#name} again.`);
    this.#restart().then(
      () => {
        console.error(`${this.#name} runs again.`);
      },
      (fault: unknown) => {
        this.#giveUp(fault);
      },
    );
  }
}
