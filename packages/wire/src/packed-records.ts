import { hash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ResourceRecord } from './frames.ts';
import { mappedBytes } from './mapped-bytes.ts';
import { hashOfId, RecordDirectory } from './record-directory.ts';
import {
  encodedBytes,
  encodeResourceList,
  findRecord,
  ResourceListDecoder,
  sizesOf,
  writeRecord,
} from './resource-list.ts';
import { WireError } from './wire-error.ts';

/** Where a piece may end, in bytes of its records: at a record that the hash of its id chooses. */
const minPieceBytes = 32 * 1024;
const maxPieceBytes = 128 * 1024;
const endsOneIn = 128;
/** Pieces are stored one after the other, in blocks of this size; larger ones have their own. */
const blockBytes = 1024 * 1024;
/** Pieces are numbered with 16 bits. */
const maxPieces = 65_535;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** A record, and the number of the piece that holds it. */
export interface LocatedRecord {
  readonly piece: number;
  readonly record: ResourceRecord;
}

/**
 * The records of a configuration in compressed pieces of some 64 KiB, outside the JavaScript heap:
 * two million records take some 100 MB. Reading a record decompresses its piece. Pieces never
 * change, so that equal ones are shared with the set that this one replaces.
 */
export class PackedRecords implements Iterable<ResourceRecord> {
  readonly #pieces: Buffer[];
  readonly #directory: RecordDirectory;
  #size: number;

  /** True when an id was added twice. */
  readonly hasRepetition: boolean;

  /** Use {@link RecordPacker}. */
  constructor(pieces: Buffer[], directory: RecordDirectory, size: number, hasRepetition = false) {
    this.hasRepetition = hasRepetition;
    this.#pieces = pieces;
    this.#directory = directory;
    this.#size = size;
  }

  /** Packs these records. */
  static of(records: Iterable<ResourceRecord>): PackedRecords {
    if (records instanceof PackedRecords) return records;
    const packer = new RecordPacker();
    for (const record of records) packer.add(record);
    return packer.finish();
  }

  /** The number of records. */
  get size(): number {
    return this.#size;
  }

  /** The pieces as they are: each is a resource list, compressed by zstd (RFC 8878). */
  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  *[Symbol.iterator](): Generator<ResourceRecord> {
    for (const piece of this.#pieces) yield* readPiece(piece);
  }

  /** The record with this id. */
  find(id: string): ResourceRecord | undefined {
    return this.findAll([id]).get(id)?.record;
  }

  /** The records with these ids, and the number of the piece of each. */
  findAll(ids: Iterable<string>): Map<string, LocatedRecord> {
    const byPiece = new Map<number, string[]>();
    for (const id of ids) {
      for (const piece of this.#directory.piecesOf(hashOfId(id))) {
        const wanted = byPiece.get(piece);
        if (wanted === undefined) byPiece.set(piece, [id]);
        else wanted.push(id);
      }
    }
    const found = new Map<string, LocatedRecord>();
    for (const [piece, wanted] of byPiece) {
      const list = zstdDecompressSync(this.#pieces[piece] as Buffer);
      for (const id of wanted) {
        const record = findRecord(list, id);
        if (record !== undefined) found.set(id, { piece, record });
      }
    }
    return found;
  }

  /** False when the number of pieces has reached its limit. */
  get canAppend(): boolean {
    return this.#pieces.length < maxPieces;
  }

  /** A set with the same records, which changes independently. */
  fork(): PackedRecords {
    return new PackedRecords([...this.#pieces], new RecordDirectory(this.#directory), this.#size);
  }

  /** Replaces and removes records of one piece; ids without a record are removed. */
  rewrite(piece: number, changes: ReadonlyMap<string, ResourceRecord | undefined>): void {
    const before = [...readPiece(this.#pieces[piece] as Buffer)];
    const after = before.flatMap((record) =>
      changes.has(record.id) ? (changes.get(record.id) ?? []) : [record],
    );
    this.#size += after.length - before.length;
    this.#pieces[piece] = packRecords(after);
  }

  /** Adds records whose ids are not in the set, as a new piece; only when {@link canAppend}. */
  append(records: readonly ResourceRecord[]): void {
    for (const { id } of records) this.#directory.add(hashOfId(id), this.#pieces.length);
    this.#pieces.push(packRecords(records));
    this.#size += records.length;
  }
}

/** Packs records one after the other, in their order. */
export class RecordPacker {
  readonly #reusable = new Map<string, Buffer>();
  readonly #pieces: Buffer[] = [];
  readonly #directory = new RecordDirectory();
  /** The records of the next piece, as a resource list: without an object for each. */
  #open = mappedBytes(2 * maxPieceBytes);
  #openBytes = 0;
  /** The rest of the block that pieces are stored in. */
  #block: Buffer = noBytes;
  #size = 0;
  #hasRepetition = false;

  /** @param replaced the set that this one will replace: equal pieces are shared with it */
  constructor(replaced?: PackedRecords) {
    for (const piece of replaced?.pieces ?? []) this.#reusable.set(keyOf(piece), piece);
  }

  /** Adds a record. Throws a WireError when there are too many. */
  add(record: ResourceRecord): void {
    const idHash = hashOfId(record.id);
    for (const piece of this.#directory.piecesOf(idHash))
      this.#hasRepetition ||= this.#holds(piece, record.id);
    this.#directory.add(idHash, this.#pieces.length);
    this.#write(record);
    this.#size++;
    const mayEnd = this.#openBytes >= minPieceBytes && idHash % endsOneIn === 0;
    if (mayEnd || this.#openBytes >= maxPieceBytes) this.#close();
  }

  /** Returns the packed records. Nothing can be added afterwards. */
  finish(): PackedRecords {
    if (this.#openBytes > 0) this.#close();
    this.#reusable.clear();
    return new PackedRecords(this.#pieces, this.#directory, this.#size, this.#hasRepetition);
  }

  #write(record: ResourceRecord): void {
    const sizes = sizesOf(record);
    const end = this.#openBytes + sizes.total;
    if (end > this.#open.length) {
      const larger = mappedBytes(end);
      this.#open.copy(larger, 0, 0, this.#openBytes);
      this.#open = larger;
    }
    writeRecord(this.#open, this.#openBytes, record, sizes);
    this.#openBytes = end;
  }

  #close(): void {
    if (this.#pieces.length >= maxPieces) throw new WireError('the configuration is too large');
    const piece = zstdCompressSync(this.#open.subarray(0, this.#openBytes), compression);
    this.#pieces.push(this.#reusable.get(keyOf(piece)) ?? this.#stored(piece));
    this.#openBytes = 0;
  }

  #stored(piece: Buffer): Buffer {
    if (piece.length > this.#block.length)
      this.#block = mappedBytes(Math.max(piece.length, blockBytes));
    piece.copy(this.#block);
    const stored = this.#block.subarray(0, piece.length);
    this.#block = this.#block.subarray(piece.length);
    return stored;
  }

  #holds(piece: number, id: string): boolean {
    const packed = this.#pieces[piece];
    const list =
      packed === undefined ? this.#open.subarray(0, this.#openBytes) : zstdDecompressSync(packed);
    return findRecord(list, id) !== undefined;
  }
}

/** Generates the records of a piece. Throws when it is not a piece. */
export function* readPiece(piece: Uint8Array): Generator<ResourceRecord> {
  const decoder = new ResourceListDecoder();
  yield* decoder.push(zstdDecompressSync(piece));
  decoder.end();
}

function packRecords(records: readonly ResourceRecord[]): Buffer {
  const bytes = records.reduce((sum, record) => sum + encodedBytes(record), 0);
  const [list = Buffer.alloc(0)] = encodeResourceList(records, Math.max(1, bytes));
  const packed = zstdCompressSync(list, compression);
  // A copy of the exact size, outside the pool of small buffers.
  const piece = Buffer.allocUnsafeSlow(packed.length);
  packed.copy(piece);
  return piece;
}

const noBytes = Buffer.alloc(0);

/** Equal pieces have equal keys, and no others. */
function keyOf(piece: Buffer): string {
  return hash('sha256', piece, 'base64');
}
