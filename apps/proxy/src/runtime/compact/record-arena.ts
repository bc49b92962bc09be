import { mappedBytes } from '@sluice/wire';

/** Bytes of a chunk. Every record fits into one: a resource has at most 64 KiB. */
const chunkBytes = 1 << 18;
const chunkShift = 18;

/**
 * Byte records outside the JavaScript heap, in chunks, each found by its offset. Records never
 * change, so a successor shares the chunks of its predecessor and only adds new ones.
 */
export class RecordArena {
  readonly #chunks: (Buffer | undefined)[];
  /** Bytes of the records in use, by chunk. */
  readonly #liveBytes: number[];
  /** Bytes that records have been written to, by chunk. */
  readonly #usedBytes: number[];
  /** Chunks before this one belong to a predecessor as well. */
  readonly #firstOwn: number;

  constructor(predecessor?: RecordArena) {
    this.#chunks = predecessor === undefined ? [] : [...predecessor.#chunks];
    this.#liveBytes = this.#chunks.map(() => 0);
    this.#usedBytes = predecessor === undefined ? [] : [...predecessor.#usedBytes];
    this.#firstOwn = this.#chunks.length;
  }

  /** Copies a record and returns its offset. */
  add(record: Uint8Array): number {
    let index = this.#chunks.length - 1;
    if (index < this.#firstOwn || (this.#usedBytes[index] ?? 0) + record.length > chunkBytes) {
      this.#chunks.push(mappedBytes(chunkBytes));
      this.#liveBytes.push(0);
      this.#usedBytes.push(0);
      index++;
    }
    const start = this.#usedBytes[index] as number;
    this.chunkOf(index * chunkBytes).set(record, start);
    this.#usedBytes[index] = start + record.length;
    this.keep(index * chunkBytes, record.length);
    return index * chunkBytes + start;
  }

  /** Counts a record of the predecessor as used by this one. */
  keep(offset: number, length: number): void {
    const index = offset >>> chunkShift;
    this.#liveBytes[index] = (this.#liveBytes[index] ?? 0) + length;
  }

  /** Releases a record. A chunk without records is freed. */
  release(offset: number, length: number): void {
    const index = offset >>> chunkShift;
    const live = (this.#liveBytes[index] ?? 0) - length;
    this.#liveBytes[index] = live;
    if (live === 0 && index !== this.#chunks.length - 1) this.#chunks[index] = undefined;
  }

  /** Frees the chunks of the predecessor from which nothing was kept. */
  freeUnused(): void {
    for (let index = 0; index < this.#firstOwn; index++)
      if (this.#liveBytes[index] === 0) this.#chunks[index] = undefined;
  }

  /** The chunk that holds the record; the record begins at {@link positionOf}. */
  chunkOf(offset: number): Buffer {
    return this.#chunks[offset >>> chunkShift] as Buffer;
  }

  /**
   * A chunk of which less than half is in use, as the offsets of its begin and of the end of its
   * records; undefined when there is none. The caller copies its records and releases them.
   */
  sparse(): { readonly begin: number; readonly end: number } | undefined {
    for (let index = 0; index < this.#chunks.length - 1; index++) {
      const live = this.#liveBytes[index] ?? 0;
      if (this.#chunks[index] === undefined || live * 2 >= chunkBytes) continue;
      return { begin: index * chunkBytes, end: index * chunkBytes + (this.#usedBytes[index] ?? 0) };
    }
    return undefined;
  }

  /** False when the chunk with this offset was freed. */
  holds(offset: number): boolean {
    return this.#chunks[offset >>> chunkShift] !== undefined;
  }

  /** Bytes of all chunks. */
  get bytes(): number {
    return this.#chunks.filter((chunk) => chunk !== undefined).length * chunkBytes;
  }
}

/** The position of a record in its chunk. */
export function positionOf(offset: number): number {
  return offset & (chunkBytes - 1);
}
