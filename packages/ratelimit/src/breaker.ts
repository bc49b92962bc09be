// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';
import { after } from '@sluice/errors';

/** Outcomes are counted over this time; then counting starts again. */
const spanMs = 1000;
/** Opens on so many failures in a span, when they are half of all outcomes. */
const failuresToOpen = 5;
/** With little traffic, opens on the second failure in a row that comes this long after the first. */
const lowTrafficMs = 250;
const firstProbeMs = 50;
const longestProbeMs = 500;

export interface BreakerOptions {
  /** Asks the other side whether it answers. Resolves when it does, rejects otherwise; it must settle in bounded time. */
  readonly probe: () => Promise<unknown>;
  /** Called once per change. `reason` is the failure that opened it. */
  readonly onChange: (open: boolean, reason: string | undefined) => void;
  readonly now?: () => number;
}

/**
 * Stops asking something that does not answer. Each request that asks waits for the time-out of its own; without a breaker
 * every request would, for as long as the other side is slow. Opens within a second, and then tries with one probe at a
 * time, first after 50 ms and at the most every 500 ms, until one is answered. No request is used as a probe.
 */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #now: () => number;
  #spanStartMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #successes = 0;
  #failuresInARow = 0;
  #firstInARowMs = 0;
  #open = false;
  #probeDelayMs = firstProbeMs;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** True when nothing is to be asked now. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** There was an answer in time, whatever it said. */
  succeed(): void {
    this.#count();
    this.#successes++;
    this.#failuresInARow = 0;
  }

  /** There was none. */
  fail(reason: string): void {
    if (this.#open || this.#closed) return;
    const nowMs = this.#count();
    this.#failures++;
    if (this.#failuresInARow++ === 0) this.#firstInARowMs = nowMs;
    const isMany = this.#failures >= failuresToOpen && this.#failures >= this.#successes;
    const isLong = this.#failuresInARow >= 2 && nowMs - this.#firstInARowMs >= lowTrafficMs;
    if (!isMany && !isLong) return;
    this.#open = true;
    this.#probeDelayMs = firstProbeMs;
    this.#options.onChange(true, reason);
    this.#probeLater();
  }

  /** Ends the timer. No further probe is sent, and nothing is reported any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** @returns now */
  #count(): number {
    const nowMs = this.#now();
    if (nowMs - this.#spanStartMs >= spanMs) {
      this.#spanStartMs = nowMs;
      this.#failures = 0;
      this.#successes = 0;
    }
    return nowMs;
  }

  #probeLater(): void {
    this.#timer = after('limits', this.#probeDelayMs, () => this.#probe());
    this.#timer.unref();
    this.#probeDelayMs = Math.min(longestProbeMs, this.#probeDelayMs * 2);
  }

  async #probe(): Promise<void> {
    const answered = await this.#options.probe().then(
      () => true,
      () => false,
    );
    if (this.#closed) return;
    if (!answered) return this.#probeLater();
    this.#open = false;
    this.#spanStartMs = Number.NEGATIVE_INFINITY;
    this.#failuresInARow = 0;
    this.#options.onChange(false, undefined);
  }
}
