import { mappedBytes } from '@sluice/wire';
import { OffsetTable } from './offset-table.ts';
import { positionOf, RecordArena } from './record-arena.ts';
import { RecordShapes, type KeysOf, type RecordShape } from './record-shapes.ts';
import { endOfText, hashText, readText, sameText, writeText } from './record-text.ts';

/** A resource as it was stored. */
export interface StoredRecord {
  readonly id: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A resource has at most 64 KiB of JSON; a text takes at most three bytes for each character. */
const scratch = mappedBytes(1 << 18);
const maxTextLength = 65_536;
const shapeBytes = 2;
/** After this many released records, a sparse chunk is looked for. */
const releasesPerCheck = 1_024;

/**
 * Resources without anything compiled, in byte records outside the JavaScript heap: a million
 * consumers with a key each take some 160 MB and cost the garbage collector nothing. A resource is
 * found by its id, and by the keys that `keysOf` names.
 */
export class CompactRecords {
  readonly #shapes: RecordShapes;
  readonly #arena: RecordArena;
  readonly #byId: OffsetTable;
  readonly #byKey: readonly OffsetTable[];
  #predecessor: CompactRecords | undefined;
  #releases = 0;

  /**
   * @param keyCount how many keys `keysOf` returns
   * @param predecessor records of the configuration that this one will replace: equal ones are
   * shared. It must not change until {@link settle}.
   */
  constructor(keysOf: KeysOf, keyCount: number, predecessor?: CompactRecords) {
    this.#predecessor = predecessor;
    this.#shapes = predecessor === undefined ? new RecordShapes(keysOf) : predecessor.#shapes;
    this.#arena = new RecordArena(predecessor === undefined ? undefined : predecessor.#arena);
    this.#byId = new OffsetTable((offset) => this.#idHash(offset));
    this.#byKey = Array.from(
      { length: keyCount },
      (_, key) => new OffsetTable((offset) => this.#keyHash(offset, key) ?? 0),
    );
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): StoredRecord | undefined {
    const offset = this.#offsetOf(id);
    return offset < 0 ? undefined : this.#read(offset);
  }

  has(id: string): boolean {
    return this.#offsetOf(id) >= 0;
  }

  /** Adds a resource, or replaces the one with its id. */
  set(id: string, spec: Readonly<Record<string, unknown>>): void {
    const end = this.#write(id, spec);
    const hash = hashText(scratch, shapeBytes);
    const current = this.#byId.find(hash, this.#hasId);
    if (current >= 0) {
      if (this.#equals(current, end)) return;
      this.#remove(current);
    }
    const shared = this.#predecessor === undefined ? -1 : this.#predecessor.#find(hash, end);
    if (shared >= 0) this.#arena.keep(shared, end);
    this.#insert(shared >= 0 ? shared : this.#arena.add(scratch.subarray(0, end)));
  }

  /** Removes a resource; returns false when there is none with this id. */
  delete(id: string): boolean {
    const offset = this.#offsetOf(id);
    if (offset < 0) return false;
    this.#remove(offset);
    if (++this.#releases % releasesPerCheck === 0) this.#compact();
    return true;
  }

  /** Finds a resource by one of its keys. */
  find(key: number, group: string, text: string): StoredRecord | undefined {
    if (text.length > maxTextLength) return undefined;
    writeText(scratch, 0, text);
    const offset = (this.#byKey[key] as OffsetTable).find(
      hashText(scratch, 0) ^ groupHash(group),
      (at) => {
        const found = this.#keyOf(at, key);
        return (
          found?.group === group && sameText(scratch, 0, this.#arena.chunkOf(at), found.position)
        );
      },
    );
    return offset < 0 ? undefined : this.#read(offset);
  }

  /** Generates all resources. */
  *values(): Generator<StoredRecord> {
    for (const offset of this.#byId.offsets()) yield this.#read(offset);
  }

  /** Ends the sharing with the predecessor, which is not used any more. */
  settle(): void {
    this.#predecessor = undefined;
    this.#arena.freeUnused();
  }

  /** Bytes of the records. */
  get bytes(): number {
    return this.#arena.bytes;
  }

  #offsetOf(id: string): number {
    if (id.length > maxTextLength) return -1;
    writeText(scratch, shapeBytes, id);
    return this.#byId.find(hashText(scratch, shapeBytes), this.#hasId);
  }

  /** Whether the record has the id that is written in the scratch buffer. */
  readonly #hasId = (offset: number): boolean =>
    sameText(scratch, shapeBytes, this.#arena.chunkOf(offset), positionOf(offset) + shapeBytes);

  /** The equal record of this set to the one in the scratch buffer; else -1. */
  #find(hash: number, end: number): number {
    const offset = this.#byId.find(hash, this.#hasId);
    return offset >= 0 && this.#equals(offset, end) ? offset : -1;
  }

  #equals(offset: number, end: number): boolean {
    const start = positionOf(offset);
    return scratch.compare(this.#arena.chunkOf(offset), start, start + end, 0, end) === 0;
  }

  /** Writes a record into the scratch buffer; returns its end. */
  #write(id: string, spec: Readonly<Record<string, unknown>>): number {
    const text = this.#shapes.textOf(spec);
    const number = this.#shapes.numberOf(text);
    scratch.writeUInt16LE(number, 0);
    let end = writeText(scratch, shapeBytes, id);
    if (number === RecordShapes.inline) end = writeText(scratch, end, text);
    const { names } =
      number === RecordShapes.inline ? this.#shapes.parse(text) : this.#shapes.at(number);
    for (const name of names) end = writeText(scratch, end, spec[name] as string);
    return end;
  }

  /** The shape of a record, and where its first text begins. */
  #shapeOf(offset: number): { readonly shape: RecordShape; readonly start: number } {
    const chunk = this.#arena.chunkOf(offset);
    const position = positionOf(offset);
    const number = chunk.readUInt16LE(position);
    const start = endOfText(chunk, position + shapeBytes);
    if (number !== RecordShapes.inline) return { shape: this.#shapes.at(number), start };
    return { shape: this.#shapes.parse(readText(chunk, start)), start: endOfText(chunk, start) };
  }

  #read(offset: number): StoredRecord {
    const chunk = this.#arena.chunkOf(offset);
    const { shape, start } = this.#shapeOf(offset);
    const spec: Record<string, unknown> = { ...shape.rest };
    let at = start;
    for (const name of shape.names) {
      spec[name] = readText(chunk, at);
      at = endOfText(chunk, at);
    }
    return { id: readText(chunk, positionOf(offset) + shapeBytes), spec };
  }

  #lengthOf(offset: number): number {
    const chunk = this.#arena.chunkOf(offset);
    const { shape, start } = this.#shapeOf(offset);
    let at = start;
    for (let index = 0; index < shape.names.length; index++) at = endOfText(chunk, at);
    return at - positionOf(offset);
  }

  #keyOf(
    offset: number,
    key: number,
  ): { readonly group: string; readonly position: number } | undefined {
    const { shape, start } = this.#shapeOf(offset);
    const found = shape.keys[key];
    if (found === undefined) return undefined;
    const chunk = this.#arena.chunkOf(offset);
    let position = start;
    for (let index = 0; index < found.index; index++) position = endOfText(chunk, position);
    return { group: found.group, position };
  }

  #idHash(offset: number): number {
    return hashText(this.#arena.chunkOf(offset), positionOf(offset) + shapeBytes);
  }

  #keyHash(offset: number, key: number): number | undefined {
    const found = this.#keyOf(offset, key);
    if (found === undefined) return undefined;
    return hashText(this.#arena.chunkOf(offset), found.position) ^ groupHash(found.group);
  }

  #insert(offset: number): void {
    this.#byId.add(this.#idHash(offset), offset);
    for (const [key, table] of this.#byKey.entries()) {
      const hash = this.#keyHash(offset, key);
      if (hash !== undefined) table.add(hash, offset);
    }
  }

  #remove(offset: number): void {
    this.#byId.remove(this.#idHash(offset), offset);
    for (const [key, table] of this.#byKey.entries()) {
      const hash = this.#keyHash(offset, key);
      if (hash !== undefined) table.remove(hash, offset);
    }
    this.#arena.release(offset, this.#lengthOf(offset));
  }

  /** Moves the records of a sparse chunk to the end, so that the chunk is freed. */
  #compact(): void {
    const chunk = this.#arena.sparse();
    if (chunk === undefined) return;
    const { begin, end } = chunk;
    const bytes = this.#arena.chunkOf(begin);
    for (let offset = begin; offset < end && this.#arena.holds(begin);) {
      const length = this.#lengthOf(offset);
      if (this.#byId.find(this.#idHash(offset), (at) => at === offset) >= 0) {
        const position = positionOf(offset);
        this.#insert(this.#arena.add(bytes.subarray(position, position + length)));
        this.#remove(offset);
      }
      offset += length;
    }
  }
}

function groupHash(group: string): number {
  let hash = 0;
  for (let index = 0; index < group.length; index++)
    hash = Math.imul(hash ^ group.charCodeAt(index), 0x0100_0193);
  return hash;
}
