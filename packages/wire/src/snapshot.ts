import { createHash } from 'node:crypto';
import { encodeControlFrame } from './codec.ts';
import type { ResourceRecord, SnapshotChunk } from './frames.ts';
import { RecordPacker, type PackedRecords } from './packed-records.ts';
import { maxChunkBytes, maxSnapshotBytes } from './limits.ts';
import { encodedBytes, encodeResourceList, ResourceListDecoder } from './resource-list.ts';
import { SetHash } from './set-hash.ts';
import { WireError } from './wire-error.ts';

/** A whole configuration at one revision. */
export interface ConfigSnapshot {
  readonly epoch: string;
  readonly revision: number;
  readonly records: readonly ResourceRecord[];
  readonly setHash: SetHash;
}

/**
 * Yields the encoded frames of a snapshot one at a time, so that the caller can return to the event
 * loop in between. Tests use a smaller `chunkBytes` than the default. Throws a WireError when a
 * resource cannot be written.
 */
export function* chunkSnapshot(
  snapshot: ConfigSnapshot,
  chunkBytes = maxChunkBytes,
): Generator<Buffer> {
  const { epoch, revision, records, setHash } = snapshot;
  const none = Buffer.alloc(0);
  const totalBytes = records.reduce((sum, record) => sum + encodedBytes(record), 0);
  const chunks = Math.max(1, Math.ceil(totalBytes / chunkBytes));
  const pieces = encodeResourceList(records, chunkBytes);
  const checksum = createHash('sha256');
  for (let chunk = 0; chunk < chunks; chunk++) {
    const data = pieces.next().value ?? none;
    checksum.update(data);
    const last = chunk === chunks - 1;
    yield encodeControlFrame({
      type: 'snapshot',
      epoch,
      revision,
      chunk,
      chunks,
      data,
      checksum: last ? checksum.digest() : none,
      setHash: last ? setHash.bytes() : none,
    });
  }
}

/** A whole configuration that has arrived. */
export interface ReceivedSnapshot extends Omit<ConfigSnapshot, 'records'> {
  readonly records: PackedRecords;
}

/**
 * Assembles the pieces of a snapshot, and decodes and packs each when it arrives. Limited to {@link
 * maxSnapshotBytes}.
 */
export class SnapshotAssembler {
  readonly #maxBytes: number;
  readonly #replaced: () => PackedRecords | undefined;
  #pending: PendingSnapshot | undefined;

  /** @param replaced returns the set that the next snapshot replaces; equal pieces are shared */
  constructor(
    maxBytes = maxSnapshotBytes,
    replaced: () => PackedRecords | undefined = () => undefined,
  ) {
    this.#maxBytes = maxBytes;
    this.#replaced = replaced;
  }

  /** True after the first piece and before the last one. */
  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** Drops an incomplete snapshot. */
  reset(): void {
    this.#pending = undefined;
  }

  /**
   * Returns the snapshot after its last piece, undefined before. Throws a WireError and drops the
   * snapshot when a piece is missing or out of order, when the snapshot is too large, and when
   * checksum or set hash do not match.
   */
  accept(piece: SnapshotChunk): ReceivedSnapshot | undefined {
    try {
      const snapshot = this.#add(piece);
      if (snapshot !== undefined) this.#pending = undefined;
      return snapshot;
    } catch (error) {
      this.#pending = undefined;
      throw error;
    }
  }

  #add(piece: SnapshotChunk): ReceivedSnapshot | undefined {
    if (piece.chunk === 0) this.#pending = new PendingSnapshot(piece, this.#replaced());
    const pending = this.#pending;
    if (pending === undefined || !pending.continuesWith(piece)) {
      throw new WireError(
        `piece ${piece.chunk} of ${piece.chunks} of the snapshot of revision ${piece.revision} came out of order`,
      );
    }
    if (pending.bytes + piece.data.length > this.#maxBytes) {
      throw new WireError(
        `the snapshot of revision ${piece.revision} is larger than the ${this.#maxBytes} bytes accepted`,
      );
    }
    pending.add(piece.data);
    return piece.chunk === piece.chunks - 1 ? pending.complete(piece) : undefined;
  }
}

class PendingSnapshot {
  bytes = 0;
  readonly #first: SnapshotChunk;
  #nextChunk = 0;
  readonly #checksum = createHash('sha256');
  readonly #decoder = new ResourceListDecoder();
  readonly #records: RecordPacker;
  readonly #setHash = new SetHash();

  constructor(first: SnapshotChunk, replaced: PackedRecords | undefined) {
    this.#first = first;
    this.#records = new RecordPacker(replaced);
  }

  continuesWith(piece: SnapshotChunk): boolean {
    const { epoch, revision, chunks } = this.#first;
    return (
      piece.chunk === this.#nextChunk &&
      piece.chunk < chunks &&
      piece.chunks === chunks &&
      piece.revision === revision &&
      piece.epoch === epoch
    );
  }

  add(data: Uint8Array): void {
    this.#nextChunk++;
    this.bytes += data.length;
    this.#checksum.update(data);
    for (const record of this.#decoder.push(data)) {
      this.#records.add(record);
      this.#setHash.add(record);
    }
  }

  complete(last: SnapshotChunk): ReceivedSnapshot {
    const { epoch, revision } = last;
    this.#decoder.end();
    if (!this.#checksum.digest().equals(last.checksum))
      throw new WireError(`the checksum of the snapshot of revision ${revision} does not fit`);
    if (!this.#setHash.matches(last.setHash))
      throw new WireError(`the set hash of the snapshot of revision ${revision} does not fit`);
    return { epoch, revision, records: this.#records.finish(), setHash: this.#setHash };
  }
}
