/**
 * The values used last, at least `size` of them and at most twice as many. A value that is used
 * again stays; the others leave in two steps, without a list in order of use.
 */
export class HotCache<Value> {
  readonly #size: number;
  #recent = new Map<string, Value>();
  #earlier = new Map<string, Value>();

  constructor(size: number) {
    this.#size = size;
  }

  get(key: string): Value | undefined {
    const value = this.#recent.get(key);
    if (value !== undefined) return value;
    const earlier = this.#earlier.get(key);
    if (earlier !== undefined) this.set(key, earlier);
    return earlier;
  }

  set(key: string, value: Value): void {
    if (this.#recent.size >= this.#size) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, value);
  }

  delete(key: string): void {
    this.#recent.delete(key);
    this.#earlier.delete(key);
  }
}
