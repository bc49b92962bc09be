/** Keys with the end of their time, bounded in number: the oldest one leaves first. */
export class RecentKeys {
  readonly #maxKeys: number;
  readonly #ends = new Map<string, number>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /** @param nowMs milliseconds since the epoch */
  has(key: string, nowMs: number): boolean {
    const endMs = this.#ends.get(key);
    if (endMs === undefined) return false;
    if (endMs > nowMs) return true;
    this.#ends.delete(key);
    return false;
  }

  /** @param endMs when the key leaves, milliseconds since the epoch */
  add(key: string, endMs: number): void {
    this.#ends.delete(key);
    while (this.#ends.size >= this.#maxKeys) {
      const [oldest] = this.#ends.keys();
      this.#ends.delete(oldest as string);
    }
    this.#ends.set(key, endMs);
  }

  delete(key: string): void {
    this.#ends.delete(key);
  }
}
