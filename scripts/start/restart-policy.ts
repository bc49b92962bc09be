import { setTimeout as sleep } from 'node:timers/promises';

/** How often and how quickly a part is started again. Defaults in parentheses. */
export type RevivalLimits = {
  /** Starts in a row before it is given up (5). A part that ran for `settleMs` begins a new row. */
  readonly attempts?: number;
  /** How long a part must have run to count as healthy, in milliseconds (60,000). */
  readonly settleMs?: number;
  /**
   * Pause before the second start of a row, in milliseconds (500); it doubles with each further
   * one. The first is at once.
   */
  readonly pauseMs?: number;
};

/** How a part is started again. */
export type Restart = () => Promise<{ readonly pid: number | undefined }>;

/**
 * Restarts a part that crashes while the others keep running. Gives up a part that keeps crashing,
 * or cannot be started, after a few attempts.
 */
export class RestartPolicy {
  readonly #name: string;
  readonly #giveUp: (reason: unknown) => void;
  readonly #limits: Required<RevivalLimits>;
  #restart: Restart | undefined;
  #attempts = 0;
  #startedAtMs = -Infinity;
  #isStopped = false;

  /**
   * @param name with its article, as in "the proxy"
   * @param giveUp receives the description of the last crash, or the fault of the last start, when
   * it is given up
   */
  constructor(
    name: string,
    giveUp: (reason: unknown) => void,
    { attempts = 5, settleMs = 60_000, pauseMs = 500 }: RevivalLimits = {},
  ) {
    this.#name = name;
    this.#giveUp = giveUp;
    this.#limits = { attempts, settleMs, pauseMs };
  }

  /** Says how the part is started again; known only once it has been started. */
  useRestart(restart: Restart): void {
    this.#restart = restart;
  }

  /** The part is stopped on purpose: it is not started any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** To be called with each crash. */
  onCrash(description: string): void {
    if (performance.now() - this.#startedAtMs >= this.#limits.settleMs) this.#attempts = 0;
    console.error(`\n${description}`);
    void this.#revive(description);
  }

  async #revive(description: string): Promise<void> {
    const { attempts, pauseMs } = this.#limits;
    let reason: unknown = description;
    while (this.#restart !== undefined && !this.#isStopped && this.#attempts < attempts) {
      this.#attempts++;
      const waitMs = this.#attempts === 1 ? 0 : pauseMs * 2 ** (this.#attempts - 2);
      console.error(
        `Starting ${this.#name} again${waitMs === 0 ? '' : ` in ${waitMs / 1000} s`} (attempt ${this.#attempts} of ${attempts}); the other parts keep running.`,
      );
      await sleep(waitMs);
      if (this.#isStopped) return;
      try {
        const { pid } = await this.#restart();
        this.#startedAtMs = performance.now();
        console.error(`${capitalized(this.#name)} runs again (process ${pid}).`);
        return;
      } catch (fault) {
        reason = fault;
      }
    }
    if (!this.#isStopped) this.#giveUp(reason);
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
