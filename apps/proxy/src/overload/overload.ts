import { every } from '@sluice/errors';
import { LoopLag } from './loop-lag.ts';
import { memoryUse, type MemoryUse } from './memory-use.ts';

/** What the process says of itself. */
export interface OverloadReadings {
  /** Lag of the event loop since the last reading, 99th percentile, milliseconds. */
  lagMs(): number;
  memory(): MemoryUse;
}

export interface OverloadOptions {
  /** Lag above which requests are shed; 0 never. */
  readonly lagMs: number;
  /** Share of the memory limit, 0 to 1, above which requests are shed; 0 never. */
  readonly memoryShare: number;
  /** Processes that share the container's memory, this one included. */
  readonly processes?: number;
  /** Hears of every beginning and every end. */
  readonly onChange?: (state: OverloadState) => void;
  readonly intervalMs?: number;
  /** Default: those of this process. */
  readonly readings?: OverloadReadings;
}

/** What the last look found, and what follows from it. */
export interface OverloadState {
  readonly isShedding: boolean;
  readonly lagMs: number;
  readonly memory: MemoryUse;
  /** Requests refused since it began. */
  readonly refused: number;
}

/** One bad look may be a revision being applied or a long collection: it takes two in a row. */
const LOOKS_TO_BEGIN = 2;
/** The lag must fall to this part of its limit before less is shed. */
const CALM_LAG_PART = 0.5;
/** How far memory must fall below its limit before nothing is shed. */
const CALM_MEMORY_SHARE = 0.05;
/** Of all requests, how much more is shed with each bad look, and how much less with each calm one. */
const STEP_UP = 0.25;
const STEP_DOWN = 0.2;

/**
 * Decides which requests are refused because the process cannot keep up. It looks at the process once a second; a request
 * costs one read of {@link isShedding}.
 *
 * Not all requests are refused but a share of them: with lag, as large a one as brings the lag down; with memory, the
 * larger the nearer the limit is. A node that is slightly above its limit, for good, so goes on serving most requests.
 */
export class Overload {
  isShedding = false;
  /** Of all requests, the part that is refused: 0 to 1. */
  share = 0;
  readonly #options: OverloadOptions;
  readonly #readings: OverloadReadings;
  readonly #lag: LoopLag | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lateLooks = 0;
  #fullLooks = 0;
  #lagShare = 0;
  #isMemoryShort = false;
  #owed = 0;
  #refused = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
    if (options.readings === undefined && options.lagMs > 0) this.#lag = new LoopLag();
    this.#readings = options.readings ?? { lagMs: () => this.#lag?.takeP99Ms() ?? 0, memory: () => memoryUse(options.processes) };
  }

  /** Begins to look, every `intervalMs`. Does not keep the process alive. */
  start(): this {
    this.#timer ??= every('observation', this.#options.intervalMs ?? 1_000, () => this.look()).unref();
    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#lag?.stop();
  }

  /** While shedding: whether this request is one that is refused. Those are spread evenly among the others. */
  refuses(): boolean {
    this.#owed += this.share;
    if (this.#owed < 1) return false;
    this.#owed -= 1;
    this.#refused++;
    return true;
  }

  /** Looks at the process and decides anew. For the timer, and for specs that have none. */
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
    this.#lateLooks = lagMs > limitMs ? this.#lateLooks + 1 : 0;
    if (this.#lateLooks >= LOOKS_TO_BEGIN) this.#lagShare = Math.min(this.#lagShare + STEP_UP, 1);
    // Between the two limits it stays as it is.
    else if (lagMs <= limitMs * CALM_LAG_PART) this.#lagShare = Math.max(inHundredths(this.#lagShare - STEP_DOWN), 0);
  }

  #memoryShare(used: number): number {
    const limit = this.#options.memoryShare;
    if (limit === 0) return 0;
    const calm = inHundredths(Math.max(limit - CALM_MEMORY_SHARE, limit / 2));
    this.#fullLooks = used > limit ? this.#fullLooks + 1 : 0;
    if (this.#fullLooks >= LOOKS_TO_BEGIN) this.#isMemoryShort = true;
    else if (used <= calm) this.#isMemoryShort = false;
    return this.#isMemoryShort ? Math.min((used - calm) / Math.max(1 - calm, CALM_MEMORY_SHARE), 1) : 0;
  }
}

/** Steps of a hundredth, so that counting down ends at 0. */
function inHundredths(share: number): number {
  return Math.round(share * 100) / 100;
}
