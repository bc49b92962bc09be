import { after, errorMessage, every } from '@sluice/errors';
import type { PolicyLogger } from '../host.ts';
import type { PolicyTimer, PolicyTimers } from '../host/timers.ts';

const maxTimers = 1_000;
const minPeriodMs = 10;
/** The longest delay that Node's timers accept. */
const maxDelayMs = 2 ** 31 - 1;

/** The timers of one policy attachment: see {@link PolicyTimers}. */
export class HostTimers implements PolicyTimers {
  readonly #logger: PolicyLogger;
  readonly #running = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(logger: PolicyLogger) {
    this.#logger = logger;
  }

  /** The number of timers that have not ended. */
  get size(): number {
    return this.#running.size;
  }

  /** {@inheritDoc PolicyTimers.every} */
  every(periodMs: number, act: () => unknown): PolicyTimer {
    if (!(periodMs >= minPeriodMs)) throw new RangeError(`a period is at least ${minPeriodMs} ms`);
    let isBusy = false;
    const run = async (): Promise<void> => {
      if (isBusy) return;
      isBusy = true;
      await this.#run(act);
      isBusy = false;
    };
    return this.#start(() => every('timer', Math.min(periodMs, maxDelayMs), run));
  }

  /** {@inheritDoc PolicyTimers.after} */
  after(delayMs: number, act: () => unknown): PolicyTimer {
    const timer = this.#start(() =>
      after('timer', Math.min(delayMs, maxDelayMs), () => {
        timer.stop();
        return this.#run(act);
      }),
    );
    return timer;
  }

  /** Stops all timers; new ones do not start. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }

  #start(create: () => NodeJS.Timeout): PolicyTimer {
    if (this.#isClosed) return { stop: () => {} };
    if (this.#running.size >= maxTimers)
      throw new RangeError(
        `a policy has at most ${maxTimers} timers: stop those that are not used`,
      );
    const timer = create().unref();
    this.#running.add(timer);
    return {
      stop: () => {
        clearTimeout(timer);
        this.#running.delete(timer);
      },
    };
  }

  async #run(act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (fault) {
      this.#logger.warn('a timer of the policy failed', { error: errorMessage(fault) });
    }
  }
}
