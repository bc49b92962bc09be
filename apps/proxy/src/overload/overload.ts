import { every } from '@sluice/errors';
import { LoopLag } from './loop-lag.ts';
import { memoryUse, type MemoryUse } from './memory-use.ts';

/** The measurements of the process. */
export interface OverloadReadings {
  /** Lag of the event loop since the last reading, 99th percentile, milliseconds. */
  lagMs(): number;
  memory(): MemoryUse;
}

export interface OverloadOptions {
  /** Lag above which requests are shed; 0 turns this off. */
  readonly lagMs: number;
  /** Share of the memory limit, 0 to 1, above which requests are shed; 0 turns this off. */
  readonly memoryShare: number;
  /** Number of processes that share the container's memory, this one included. */
  readonly processes?: number;
  /** Called when shedding begins and when it ends. */
  readonly onChange?: (state: OverloadState) => void;
  readonly intervalMs?: number;
  /** Default: those of this process. */
  readonly readings?: OverloadReadings;
}

/** The last measurements and the decision. */
export interface OverloadState {
  readonly isShedding: boolean;
  readonly lagMs: number;
  readonly memory: MemoryUse;
  /** Requests refused since it began. */
  readonly refused: number;
}

/**
 * One bad reading may be caused by a new revision or a long garbage collection: it takes two in a
 * row.
 */
const READINGS_TO_BEGIN = 2;
/** The lag must fall to this fraction of its limit before the share is reduced. */
const CALM_LAG_PART = 0.5;
/** Memory use must fall this far below its limit before shedding ends. */
const CALM_MEMORY_SHARE = 0.05;
/** The change of the shed share of requests with each bad reading, and with each calm one. */
const STEP_UP = 0.25;
const STEP_DOWN = 0.2;

/**
 * Decides which requests are refused while the process is overloaded. It measures once a second; a
 * request costs one read of {@link isShedding}.
 *
 * It refuses a share of the requests: for lag, the share grows until the lag falls; for memory, it
 * grows with the distance above the calm level. A node that stays slightly above its limit
 * therefore still serves most requests.
 */
export class Overload {
  isShedding = false;
  /** The share of requests that is refused, 0 to 1. */
  share = 0;
  readonly #options: OverloadOptions;
  readonly #readings: OverloadReadings;
  readonly #lag: LoopLag | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lagReadings = 0;
  #memoryReadings = 0;
  #lagShare = 0;
  #isMemoryShort = false;
  #owed = 0;
  #refused = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
    if (options.readings === undefined && options.lagMs > 0) this.#lag = new LoopLag();
    this.#readings = options.readings ?? {
      lagMs: () => this.#lag?.takeP99Ms() ?? 0,
      memory: () => memoryUse(options.processes),
    };
  }

  /** Starts to measure every `intervalMs`. Does not keep the process alive. */
  start(): this {
    this.#timer ??= every('observation', this.#options.intervalMs ?? 1_000, () =>
      this.look(),
    ).unref();
    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#lag?.stop();
  }

  /**
   * While shedding: whether this request is refused. Refusals are distributed evenly over the
   * requests.
   */
  refuses(): boolean {
    this.#owed += this.share;
    if (this.#owed < 1) return false;
    this.#owed -= 1;
    this.#refused++;
    return true;
  }

  /** Measures and updates the decision. Called by the timer, and by specs. */
  look(): void {
    const lagMs = this.#readings.lagMs();
    const memory = this.#readings.memory();
    this.#judgeLag(lagMs);
    this.share = Math.max(this.#lagShare, this.#memoryShare(memory.share));
    const isShedding = this.share > 0;
    if (isShedding === this.isShedding) return;
    this.isShedding = isShedding;
    this.#options.onChange?.({ isShedding, lagMs, memory, refused: this.#refused });
    this.#refused = 0;
    this.#owed = 0;
  }

  #judgeLag(lagMs: number): void {
    const limitMs = this.#options.lagMs;
    if (limitMs === 0) return;
    this.#lagReadings = lagMs > limitMs ? this.#lagReadings + 1 : 0;
    if (this.#lagReadings >= READINGS_TO_BEGIN)
      this.#lagShare = Math.min(this.#lagShare + STEP_UP, 1);
    // Between the two limits the share does not change.
    else if (lagMs <= limitMs * CALM_LAG_PART)
      this.#lagShare = Math.max(inHundredths(this.#lagShare - STEP_DOWN), 0);
  }

  #memoryShare(used: number): number {
    const limit = this.#options.memoryShare;
    if (limit === 0) return 0;
    const calm = inHundredths(Math.max(limit - CALM_MEMORY_SHARE, limit / 2));
    this.#memoryReadings = used > limit ? this.#memoryReadings + 1 : 0;
    if (this.#memoryReadings >= READINGS_TO_BEGIN) this.#isMemoryShort = true;
    else if (used <= calm) this.#isMemoryShort = false;
    return this.#isMemoryShort
      ? Math.min((used - calm) / Math.max(1 - calm, CALM_MEMORY_SHARE), 1)
      : 0;
  }
}

/** Rounds to hundredths, so that repeated subtraction ends at exactly 0. */
function inHundredths(share: number): number {
  return Math.round(share * 100) / 100;
}
