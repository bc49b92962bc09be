import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/** Event loop lag since the last reading; the metric's window is independent of it. */
export class LoopLag {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#delay.enable();
  }

  /**
   * 99th percentile since the last call, milliseconds. One block in a hundred turns does not count.
   */
  takeP99Ms(): number {
    const { count } = this.#delay;
    // The monitor measures the time between two ticks of its timer; the excess over its period is
    // lag.
    const p99Ms = count === 0 ? 0 : this.#delay.percentile(99) / 1e6 - resolutionMs;
    this.#delay.reset();
    return Math.max(p99Ms, 0);
  }

  /** Stops the monitor. */
  stop(): void {
    this.#delay.disable();
  }
}
