import { every } from '@sluice/errors';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/**
 * Watches how late the event loop is. The figure covers the window under way and the one before it, so it neither jumps
 * to zero when a window ends nor remembers a bad minute for ever. Readers do not disturb one another.
 */
export class EventLoopLag {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #timer: NodeJS.Timeout;
  #previousMs = 0;

  constructor(windowMs = 10_000) {
    this.#delay.enable();
    this.#timer = every('observation', windowMs, () => {
      this.#previousMs = this.#currentMs();
      this.#delay.reset();
    });
    this.#timer.unref();
  }

  /** 99th percentile of the lag, milliseconds. */
  p99Ms(): number {
    return Math.max(this.#previousMs, this.#currentMs());
  }

  /** Stops watching. */
  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  /** The monitor measures the time between two ticks of its own timer; what exceeds the timer's period is lag. */
  #currentMs(): number {
    if (this.#delay.count === 0) return 0;
    return Math.max(0, this.#delay.percentile(99) / 1e6 - resolutionMs);
  }
}
