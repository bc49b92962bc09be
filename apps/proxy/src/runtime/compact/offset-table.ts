/** The number of independent parts; each grows alone, so that no insertion takes long. */
const partCount = 1024;
const initialSlots = 8;
const maxLoad = 0.8;
const growth = 1.5;
const multiplier = 0x9e37_79b1;

/**
 * A hash table from keys to offsets of records, by open addressing. The keys are not stored: the
 * caller computes the hash of a key, and tells whether a record has it. Takes 5 to 8 bytes per
 * record.
 */
export class OffsetTable {
  /** Offsets plus one; 0 marks an empty slot. */
  readonly #parts: (Uint32Array | undefined)[] = Array.from({ length: partCount });
  readonly #counts = new Uint32Array(partCount);
  readonly #hashOf: (offset: number) => number;
  #size = 0;

  /** @param hashOf computes the hash of the key of a stored record */
  constructor(hashOf: (offset: number) => number) {
    this.#hashOf = hashOf;
  }

  get size(): number {
    return this.#size;
  }

  /** Returns the offset of the record with this hash for which `matches` is true; else -1. */
  find(hash: number, matches: (offset: number) => boolean): number {
    const part = this.#parts[hash & (partCount - 1)];
    if (part === undefined) return -1;
    let slot = slotOf(hash, part.length);
    for (;;) {
      const stored = part[slot] as number;
      if (stored === 0) return -1;
      if (matches(stored - 1)) return stored - 1;
      if (++slot === part.length) slot = 0;
    }
  }

  /** Adds a record whose key is not in the table. */
  add(hash: number, offset: number): void {
    const index = hash & (partCount - 1);
    const count = (this.#counts[index] as number) + 1;
    let part = this.#parts[index] ?? new Uint32Array(initialSlots);
    if (count > part.length * maxLoad) part = this.#grown(part);
    this.#parts[index] = part;
    this.#counts[index] = count;
    this.#size++;
    insert(part, hash, offset);
  }

  /** Removes the record at an offset; returns false when it is not in the table. */
  remove(hash: number, offset: number): boolean {
    const index = hash & (partCount - 1);
    const part = this.#parts[index];
    if (part === undefined) return false;
    let slot = slotOf(hash, part.length);
    while (part[slot] !== offset + 1) {
      if (part[slot] === 0) return false;
      if (++slot === part.length) slot = 0;
    }
    this.#counts[index] = (this.#counts[index] as number) - 1;
    this.#size--;
    this.#close(part, slot);
    return true;
  }

  /** Generates the offsets of all records; those of a part that changes meanwhile may be stale. */
  *offsets(): Generator<number> {
    for (const part of this.#parts) {
      if (part === undefined) continue;
      for (const stored of part.slice()) if (stored !== 0) yield stored - 1;
    }
  }

  /** Empties a slot, and moves later records of the same run, so that they are still found. */
  #close(part: Uint32Array, emptied: number): void {
    let hole = emptied;
    for (let slot = next(hole, part); part[slot] !== 0; slot = next(slot, part)) {
      const ideal = slotOf(this.#hashOf((part[slot] as number) - 1), part.length);
      const stays = hole < slot ? ideal > hole && ideal <= slot : ideal > hole || ideal <= slot;
      if (stays) continue;
      part[hole] = part[slot] as number;
      hole = slot;
    }
    part[hole] = 0;
  }

  #grown(part: Uint32Array): Uint32Array {
    const larger = new Uint32Array(Math.ceil(part.length * growth));
    for (const stored of part)
      if (stored !== 0) insert(larger, this.#hashOf(stored - 1), stored - 1);
    return larger;
  }
}

function insert(part: Uint32Array, hash: number, offset: number): void {
  let slot = slotOf(hash, part.length);
  while (part[slot] !== 0) slot = next(slot, part);
  part[slot] = offset + 1;
}

function next(slot: number, part: Uint32Array): number {
  return slot + 1 === part.length ? 0 : slot + 1;
}

/** Maps the upper bits of the mixed hash to the slots; the lower ones have chosen the part. */
function slotOf(hash: number, slots: number): number {
  const mixed = Math.imul(hash >>> 10, multiplier) >>> 0;
  return Math.floor((mixed / 0x1_0000_0000) * slots);
}
