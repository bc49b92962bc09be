/** The share of one caller, so that one caller cannot take the memory that all share. */
const CALLER_SHARE = 1 / 4;

/**
 * Bounds the memory for content that policies read, over all requests of the process, and per
 * caller. Counting is exact: every byte that was taken is given back.
 */
export class BufferBudget {
  /** Bytes for all callers together. */
  readonly maxBytes: number;
  /** Bytes for the requests of one caller together. */
  readonly maxCallerBytes: number;
  /** How often memory was refused. */
  refused = 0;
  #used = 0;
  /** Holds callers with bytes only, so it is bounded by the requests that are buffered. */
  readonly #byCaller = new Map<string, number>();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.maxCallerBytes = Math.max(1, Math.floor(maxBytes * CALLER_SHARE));
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Takes memory for a caller. Returns false, and takes nothing, when a bound would be exceeded. */
  take(caller: string, bytes: number): boolean {
    const own = (this.#byCaller.get(caller) ?? 0) + bytes;
    if (this.#used + bytes > this.maxBytes || own > this.maxCallerBytes) {
      this.refused++;
      return false;
    }
    this.#used += bytes;
    this.#byCaller.set(caller, own);
    return true;
  }

  /** Counts memory that is already in use, even above the bounds: a chunk that has arrived. */
  count(caller: string, bytes: number): void {
    this.#used += bytes;
    this.#byCaller.set(caller, (this.#byCaller.get(caller) ?? 0) + bytes);
  }

  /** Gives memory back. */
  give(caller: string, bytes: number): void {
    if (bytes === 0) return;
    this.#used -= bytes;
    const own = (this.#byCaller.get(caller) ?? 0) - bytes;
    if (own > 0) this.#byCaller.set(caller, own);
    else this.#byCaller.delete(caller);
  }
}
