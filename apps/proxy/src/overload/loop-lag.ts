import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/** The lag of the event loop since it was last asked for: a window that ends with each look, unlike that of the metric. */
export class LoopLag {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#delay.enable();
  }

  /** 99th percentile since the last call, milliseconds. One block among a hundred turns does not show. */
  takeP99Ms(): number {
    const { count } = this.#delay;
    // The monitor measures from one tick of its timer to the next; what exceeds the timer's period is lag.
    const p99Ms = count === 0 ? 0 : this.#delay.percentile(99) / 1e6 - resolutionMs;
    this.#delay.reset();
    return Math.max(p99Ms, 0);
  }

  /** Stops watching. */
  stop(): void {
    this.#delay.disable();
  }
}
