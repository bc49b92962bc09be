import type { Clock } from '../host.ts';

/** How many failures are allowed at once, and how fast they are forgotten. */
export interface FailureBudget {
  readonly burst: number;
  /** Milliseconds after which one failure is forgotten. */
  readonly forgetMs: number;
}

interface Bucket {
  /** Failures that are not forgotten yet, at `atMs`. */
  failures: number;
  atMs: number;
}

/** Counts failures by key, each forgotten after a while. Bounded: the oldest keys leave first. */
export class FailureTable {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: Clock;
  readonly #budget: FailureBudget;
  readonly #maxKeys: number;

  constructor(clock: Clock, budget: FailureBudget, maxKeys: number) {
    this.#clock = clock;
    this.#budget = budget;
    this.#maxKeys = maxKeys;
  }

  /** Milliseconds until the key may fail again; 0 when it may now. */
  waitMs(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    const { burst, forgetMs } = this.#budget;
    const over = this.#failures(bucket) - (burst - 1);
    return over <= 0 ? 0 : Math.ceil(over * forgetMs);
  }

  /** Whether a failure of the key is not forgotten yet. */
  hasFailed(key: string): boolean {
    const bucket = this.#buckets.get(key);
    return bucket !== undefined && this.#failures(bucket) > 0;
  }

  add(key: string): void {
    const bucket = this.#buckets.get(key);
    const failures = bucket === undefined ? 0 : this.#failures(bucket);
    // The key moves to the end, because it was used last.
    this.#buckets.delete(key);
    while (this.#buckets.size >= this.#maxKeys) {
      const [oldest] = this.#buckets.keys();
      this.#buckets.delete(oldest as string);
    }
    const count = Math.min(failures + 1, this.#budget.burst);
    this.#buckets.set(key, { failures: count, atMs: this.#clock.now() });
  }

  #failures({ failures, atMs }: Bucket): number {
    const forgotten = Math.max(0, this.#clock.now() - atMs) / this.#budget.forgetMs;
    return Math.max(0, failures - forgotten);
  }
}
