import type { ResourceRecord } from './frames.ts';
import { maxResourceBytes } from './limits.ts';
import { WireError } from './wire-error.ts';

/** Bytes of a record besides its three texts: two lengths of one byte, one of four. */
const frameBytes = 6;

/** Size of a record in the resource list, in bytes. */
export function encodedBytes({ kind, id, json }: ResourceRecord): number {
  return frameBytes + Buffer.byteLength(kind) + Buffer.byteLength(id) + Buffer.byteLength(json);
}

/**
 * Writes a resource list in pieces of exactly `pieceBytes`; the last one may be shorter, and an
 * empty list has no piece. The proto file describes the format. Throws a WireError for a record
 * that cannot be written.
 */
export function* encodeResourceList(
  records: Iterable<ResourceRecord>,
  pieceBytes: number,
): Generator<Buffer> {
  let piece = Buffer.allocUnsafe(pieceBytes);
  let used = 0;
  for (const record of records) {
    const sizes = sizesOf(record);
    if (sizes.total <= pieceBytes - used) {
      writeRecord(piece, used, record, sizes);
      used += sizes.total;
    } else {
      // The record is split at the end of the piece.
      const bytes = Buffer.allocUnsafe(sizes.total);
      writeRecord(bytes, 0, record, sizes);
      for (let taken = 0; taken < bytes.length;) {
        if (used === pieceBytes) {
          yield piece;
          piece = Buffer.allocUnsafe(pieceBytes);
          used = 0;
        }
        const copied = bytes.copy(piece, used, taken);
        taken += copied;
        used += copied;
      }
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}

/** Bytes of the parts of a record, and of all of it with its lengths. */
export interface RecordSizes {
  readonly kind: number;
  readonly id: number;
  readonly json: number;
  readonly total: number;
}

/** Measures a record for {@link writeRecord}. Throws a WireError when it cannot be written. */
export function sizesOf(record: ResourceRecord): RecordSizes {
  const [kind, id, json] = [
    Buffer.byteLength(record.kind),
    Buffer.byteLength(record.id),
    Buffer.byteLength(record.json),
  ];
  if (kind > 255 || id > 255) throw new WireError('a kind and an id have at most 255 bytes');
  if (json > maxResourceBytes)
    throw new WireError(
      `${record.kind} ${record.id} has ${json} bytes; at most ${maxResourceBytes} can be sent`,
    );
  return { kind, id, json, total: frameBytes + kind + id + json };
}

/** Writes a record in the format of the resource list; `bytes` must have room for it. */
export function writeRecord(
  bytes: Buffer,
  start: number,
  record: ResourceRecord,
  sizes: RecordSizes,
): void {
  let at = bytes.writeUInt8(sizes.kind, start);
  at += bytes.write(record.kind, at);
  at = bytes.writeUInt8(sizes.id, at);
  at += bytes.write(record.id, at);
  at = bytes.writeUInt32BE(sizes.json, at);
  bytes.write(record.json, at);
}

/** Reads a resource list that arrives in pieces. */
export class ResourceListDecoder {
  #rest: Buffer = Buffer.alloc(0);
  /** One string for each kind, shared by all its records. */
  readonly #kinds = new Map<string, string>();

  /**
   * Generates the records that are complete with this piece, one at a time: a list of them would
   * outlive the garbage collector's young generation. All must be taken before the next piece. Throws
   * a WireError when the bytes are not a resource list.
   */
  *push(piece: Uint8Array): Generator<ResourceRecord> {
    const incoming = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#rest.length === 0 ? incoming : Buffer.concat([this.#rest, incoming]);
    let at = 0;
    for (;;) {
      const end = recordEnd(bytes, at);
      if (end === undefined || end > bytes.length) break;
      yield this.#read(bytes, at);
      at = end;
    }
    // Copied, because a view of a few bytes would keep a whole piece in memory.
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** Throws a WireError when the list ends within a record. */
  end(): void {
    if (this.#rest.length > 0)
      throw new WireError('the resource list stops in the middle of a record');
  }

  #read(bytes: Buffer, start: number): ResourceRecord {
    let at = start + 1;
    const kind = bytes.toString('utf8', at, (at += bytes.readUInt8(start)));
    const idStart = at + 1;
    const id = bytes.toString('utf8', idStart, (at = idStart + bytes.readUInt8(at)));
    const json = bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt32BE(at));
    return { kind: this.#interned(kind), id, json };
  }

  #interned(kind: string): string {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    if (this.#kinds.size < 64) this.#kinds.set(kind, kind);
    return kind;
  }
}

/** Finds the record with this id in a complete resource list. */
export function findRecord(list: Buffer, id: string): ResourceRecord | undefined {
  const wanted = Buffer.from(id);
  for (let start = 0; start < list.length;) {
    const end = recordEnd(list, start);
    if (end === undefined) return undefined;
    const idLengthAt = start + 1 + list.readUInt8(start);
    const idEnd = idLengthAt + 1 + list.readUInt8(idLengthAt);
    if (wanted.equals(list.subarray(idLengthAt + 1, idEnd)))
      return new ResourceListDecoder().push(list.subarray(start, end)).next()
        .value as ResourceRecord;
    start = end;
  }
  return undefined;
}

/** Returns the end of the record that begins at `start`; undefined when its head is incomplete. */
function recordEnd(bytes: Buffer, start: number): number | undefined {
  if (start >= bytes.length) return undefined;
  const idLengthAt = start + 1 + bytes.readUInt8(start);
  if (idLengthAt >= bytes.length) return undefined;
  const jsonLengthAt = idLengthAt + 1 + bytes.readUInt8(idLengthAt);
  if (jsonLengthAt + 4 > bytes.length) return undefined;
  const jsonBytes = bytes.readUInt32BE(jsonLengthAt);
  if (jsonBytes > maxResourceBytes)
    throw new WireError(
      `a resource of ${jsonBytes} bytes is larger than the ${maxResourceBytes} accepted`,
    );
  return jsonLengthAt + 4 + jsonBytes;
}
