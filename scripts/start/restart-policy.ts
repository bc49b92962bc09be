import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError, describeFailure } from '../process/setup-error.ts';

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

/** A part of `npm start`, for messages. */
export type Part = {
  /** With its article, as in "the proxy". */
  readonly name: string;
  /** The file of its log. */
  readonly logPath: string;
};

/** How a part is started again. */
export type Restart = () => Promise<{ readonly pid: number | undefined }>;

/**
 * Restarts a part that crashes while the others keep running. Gives up a part that keeps crashing,
 * or cannot be started, after a few attempts.
 */
export class RestartPolicy {
  readonly #part: Part;
  readonly #giveUp: (reason: SetupError) => void;
  readonly #limits: Required<RevivalLimits>;
  #restart: Restart | undefined;
  #attempts = 0;
  #startedAtMs = -Infinity;
  /** When the part crashed for the first time in this row. */
  #firstCrashAtMs = 0;
  #isStopped = false;

  /**
   * @param giveUp called when the part is given up; receives how often it was restarted in how much
   * time, and where its log is
   */
  constructor(
    part: Part,
    giveUp: (reason: SetupError) => void,
    { attempts = 5, settleMs = 60_000, pauseMs = 500 }: RevivalLimits = {},
  ) {
    this.#part = part;
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
    const now = performance.now();
    if (now - this.#startedAtMs >= this.#limits.settleMs) this.#attempts = 0;
    if (this.#attempts === 0) this.#firstCrashAtMs = now;
    console.error(`\n${description}`);
    void this.#revive();
  }

  async #revive(): Promise<void> {
    const { attempts, pauseMs } = this.#limits;
    const { name } = this.#part;
    let startFault: unknown;
    while (this.#restart !== undefined && !this.#isStopped && this.#attempts < attempts) {
      this.#attempts++;
      const waitMs = this.#attempts === 1 ? 0 : pauseMs * 2 ** (this.#attempts - 2);
      console.error(
        `Starting ${name} again${waitMs === 0 ? '' : ` in ${waitMs / 1000} s`} (attempt ${this.#attempts} of ${attempts}); the other parts keep running.`,
      );
      await sleep(waitMs);
      if (this.#isStopped) return;
      try {
        const { pid } = await this.#restart();
        this.#startedAtMs = performance.now();
        console.error(`${capitalized(name)} runs again (process ${pid}).`);
        return;
      } catch (fault) {
        startFault = fault;
      }
    }
    if (!this.#isStopped) this.#giveUp(this.#reason(startFault));
  }

  /** `startFault` is why the last restart failed; a crash has been printed already. */
  #reason(startFault: unknown): SetupError {
    const { name, logPath } = this.#part;
    const seconds = Math.round((performance.now() - this.#firstCrashAtMs) / 1_000);
    const what =
      this.#restart === undefined
        ? `${capitalized(name)} ended before the start was complete.`
        : `${capitalized(name)} is given up after ${this.#attempts} restarts in ${seconds} s.`;
    const cause = startFault === undefined ? '' : `\n${describeFailure(startFault)}`;
    return new SetupError(
      `${what} The other parts are stopped now. Its log is ${logPath}.${cause}`,
    );
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
