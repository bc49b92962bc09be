import { every } from '@sluice/errors';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/**
 * Measures the lag of the event loop. The value covers the current and the previous window, so it
 * neither jumps to zero when a window ends nor stays high after a bad minute. Several readers can
 * use one instance.
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

  /** Stops measuring. */
  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  /**
   * The monitor measures the time between two ticks of its own timer; the part that exceeds the
   * timer's period is lag.
   */
  #currentMs(): number {
    if (this.#delay.count === 0) return 0;
    return Math.max(0, this.#delay.percentile(99) / 1e6 - resolutionMs);
  }
}
