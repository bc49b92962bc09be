// The global `performance` is a getter, which costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import { after } from '@sluice/errors';

/** Outcomes are counted over this span; then counting starts again. */
const spanMs = 1000;
/** Opens on this number of failures in a span, when they are at least half of all outcomes. */
const failuresToOpen = 5;
/**
 * With little traffic, opens on the second consecutive failure, when it occurs at least this long
 * after the first.
 */
const lowTrafficMs = 250;
const firstProbeMs = 50;
const longestProbeMs = 500;

export interface BreakerOptions {
  /**
   * Checks whether the server answers: resolves when it does, rejects otherwise. Must settle in
   * bounded time.
   */
  readonly probe: () => Promise<unknown>;
  /** Called once per change. `reason` is the failure that opened it. */
  readonly onChange: (open: boolean, reason: string | undefined) => void;
  readonly now?: () => number;
}

/**
 * A circuit breaker. Without it, every request to a server that does not answer waits for its own
 * time-out. Opens within a second, and then sends one probe at a time, first after 50 ms and then
 * at most every 500 ms, until one is answered. Requests are never used as probes.
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

  /** True when no request must be sent. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Counts a response that arrived in time, whether it succeeded or not. */
  succeed(): void {
    this.#count();
    this.#successes++;
    this.#failuresInARow = 0;
  }

  /** Counts a request without a response in time. */
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

  /** Ends the timer. Sends no further probe and reports no further change. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** @returns the current time */
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
