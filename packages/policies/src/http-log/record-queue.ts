/** Records that wait for their batch, bounded in number and bytes. */
export class RecordQueue {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #records: string[] = [];
  /** Records before this index have left; the array is compacted when they are half of it. */
  #first = 0;
  #bytes = 0;

  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#records.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a record at the end; false when there is no room for it. */
  add(record: string): boolean {
    const bytes = Buffer.byteLength(record);
    if (this.size >= this.#maxRecords || this.#bytes + bytes > this.#maxBytes) return false;
    this.#records.push(record);
    this.#bytes += bytes;
    return true;
  }

  /** Removes and returns the oldest records: at least one, unless the queue is empty. */
  take(maxRecords: number, maxBytes: number): string[] {
    let end = this.#first;
    let bytes = 0;
    while (end < this.#records.length && end - this.#first < maxRecords) {
      const next = Buffer.byteLength(this.#records[end] as string);
      if (end > this.#first && bytes + next > maxBytes) break;
      bytes += next;
      end += 1;
    }
    const taken = this.#records.slice(this.#first, end);
    this.#first = end;
    this.#bytes -= bytes;
    if (this.#first * 2 >= this.#records.length) {
      this.#records = this.#records.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }
}
