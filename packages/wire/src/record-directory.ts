const partCount = 4096;
const initialSlots = 8;
const maxLoad = 0.75;
const growth = 1.5;

/** Entries whose hash has the same lower bits, by open addressing. */
interface Part {
  readonly hashes: Uint32Array;
  /** Piece plus one; 0 marks an empty slot. */
  readonly pieces: Uint16Array;
  count: number;
}

/**
 * Tells in which pieces a resource may be, by the hash of its id. Takes some 8 bytes per resource
 * and grows in small steps. A fork shares its parts until one side changes them.
 */
export class RecordDirectory {
  readonly #parts: (Part | undefined)[];
  readonly #isShared: boolean[];

  constructor(origin?: RecordDirectory) {
    this.#parts = origin === undefined ? Array.from({ length: partCount }) : [...origin.#parts];
    this.#isShared = this.#parts.map((part) => part !== undefined);
    if (origin !== undefined) origin.#isShared.fill(true);
  }

  /** The pieces that may hold a resource with this hash. */
  piecesOf(hash: number): number[] {
    const part = this.#parts[hash % partCount];
    if (part === undefined) return [];
    const found: number[] = [];
    const { length } = part.pieces;
    for (let slot = slotOf(hash, length); part.pieces[slot] !== 0; slot = (slot + 1) % length)
      if (part.hashes[slot] === hash) found.push((part.pieces[slot] as number) - 1);
    return found;
  }

  /** Records that a piece holds a resource with this hash. */
  add(hash: number, piece: number): void {
    const index = hash % partCount;
    let part = this.#parts[index] ?? emptyPart(initialSlots);
    if (part.count + 1 > part.pieces.length * maxLoad) part = copyOf(part, growth);
    else if (this.#isShared[index] === true) part = copyOf(part, 1);
    this.#parts[index] = part;
    this.#isShared[index] = false;
    insert(part, hash, piece + 1);
  }
}

/** A hash of 32 bits. */
export function hashOfId(id: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < id.length; index++)
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function emptyPart(slots: number): Part {
  return { hashes: new Uint32Array(slots), pieces: new Uint16Array(slots), count: 0 };
}

function copyOf(part: Part, factor: number): Part {
  const copy = emptyPart(Math.ceil(part.pieces.length * factor));
  for (const [slot, piece] of part.pieces.entries())
    if (piece !== 0) insert(copy, part.hashes[slot] as number, piece);
  return copy;
}

function insert(part: Part, hash: number, piece: number): void {
  const { length } = part.pieces;
  let slot = slotOf(hash, length);
  while (part.pieces[slot] !== 0) slot = (slot + 1) % length;
  part.hashes[slot] = hash;
  part.pieces[slot] = piece;
  part.count++;
}

function slotOf(hash: number, slots: number): number {
  return Math.floor(hash / partCount) % slots;
}
