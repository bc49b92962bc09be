import type { Resource } from '@sluice/config';
import { readPiece, type ResourceRecord } from '@sluice/wire';
import { readRecords } from '../config/read-records.ts';
import type { ApplyOutcome } from '../config/source.ts';
import type { SnapshotStart } from './messages.ts';

/** A snapshot that is applied while it arrives: no more than the latest pieces are in memory. */
export class ArrivingSnapshot {
  readonly #outcome: Promise<ApplyOutcome>;
  #pieces: readonly Uint8Array[] = [];
  #isComplete = false;
  #arrived: () => void = () => undefined;
  #read: () => void = () => undefined;

  /** @param apply applies the resources, which it reads to their end */
  constructor(
    start: SnapshotStart,
    apply: (resources: AsyncIterable<Resource>) => Promise<ApplyOutcome>,
  ) {
    this.#outcome = apply(this.#resources(start));
    // Reported by the next call.
    this.#outcome.catch(() => undefined);
  }

  /**
   * Adds at least one piece. Resolves when the pieces were read; rejects when applying has failed.
   * The caller waits before it adds others.
   */
  async add(pieces: readonly Uint8Array[]): Promise<void> {
    const read = new Promise<void>((resolve) => (this.#read = resolve));
    this.#pieces = pieces;
    this.#arrived();
    await Promise.race([read, this.#outcome]);
  }

  /** Applies the rest, after the last piece. */
  finish(): Promise<ApplyOutcome> {
    this.#isComplete = true;
    this.#arrived();
    return this.#outcome;
  }

  /**
   * Generates the resources. Those that this version cannot read are left out: the node has
   * reported them.
   */
  async *#resources({ superseded, records }: SnapshotStart): AsyncGenerator<Resource> {
    const skipped = new Set(superseded);
    for (;;) {
      const pieces = this.#pieces;
      if (pieces.length === 0) {
        if (this.#isComplete) break;
        await new Promise<void>((resolve) => (this.#arrived = resolve));
        continue;
      }
      this.#pieces = [];
      for (const piece of pieces) yield* readRecords(without(readPiece(piece), skipped), new Map());
      this.#read();
    }
    yield* readRecords(records, new Map());
  }
}

function* without(
  records: Iterable<ResourceRecord>,
  ids: ReadonlySet<string>,
): Generator<ResourceRecord> {
  for (const record of records) if (!ids.has(record.id)) yield record;
}
