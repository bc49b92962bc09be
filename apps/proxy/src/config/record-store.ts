import { PackedRecords } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';

/** Records that are changed or added beyond these numbers are packed, a few at a time. */
const maxChanged = 1_024;
const maxAdded = 512;
const rewrittenAtOnce = 4;

/** Packed records with changes: the raw form of a configuration that follows deltas. */
export class RecordStore {
  #packed: PackedRecords;
  /** Newer versions of packed records; undefined for those that were removed. */
  readonly #changed: Map<string, ResourceRecord | undefined>;
  /** Records that are not packed. */
  readonly #added: Map<string, ResourceRecord>;

  constructor(packed: PackedRecords = PackedRecords.of([]), origin?: RecordStore) {
    this.#packed = packed;
    this.#changed = new Map(origin === undefined ? [] : origin.#changed);
    this.#added = new Map(origin === undefined ? [] : origin.#added);
  }

  /** The packed part, for the sharing of equal pieces. */
  get packed(): PackedRecords {
    return this.#packed;
  }

  /** A store with the same records, which changes independently. */
  fork(): RecordStore {
    return new RecordStore(this.#packed.fork(), this);
  }

  /** The records that replace packed ones, or are not packed. */
  current(): ResourceRecord[] {
    const changed = [...this.#changed.values()].filter((record) => record !== undefined);
    return [...changed, ...this.#added.values()];
  }

  /** The ids of packed records that were replaced or removed. */
  superseded(): string[] {
    return [...this.#changed.keys()];
  }

  /** Generates the records in service now. The store must not change meanwhile; see {@link fork}. */
  *records(): Generator<ResourceRecord> {
    for (const record of this.#packed) {
      const current = this.#changed.has(record.id) ? this.#changed.get(record.id) : record;
      if (current !== undefined) yield current;
    }
    yield* this.#added.values();
  }

  /** The records with these ids. */
  findAll(ids: readonly string[]): Map<string, ResourceRecord> {
    const found = new Map<string, ResourceRecord>();
    const others: string[] = [];
    for (const id of ids) {
      const known = this.#added.get(id) ?? this.#changed.get(id);
      if (known !== undefined) found.set(id, known);
      else if (!this.#changed.has(id)) others.push(id);
    }
    for (const [id, { record }] of this.#packed.findAll(others)) found.set(id, record);
    return found;
  }

  /** Replaces, adds or, with undefined, removes records. */
  change(changes: ReadonlyMap<string, ResourceRecord | undefined>): void {
    const unknown = [...changes.keys()].filter(
      (id) => !this.#changed.has(id) && !this.#added.has(id),
    );
    const packed = this.#packed.findAll(unknown);
    for (const [id, record] of changes) {
      if (this.#changed.has(id) || packed.has(id)) this.#changed.set(id, record);
      else if (record === undefined) this.#added.delete(id);
      else this.#added.set(id, record);
    }
    this.#tidy();
  }

  #tidy(): void {
    if (this.#added.size >= maxAdded && this.#packed.canAppend) {
      this.#packed.append([...this.#added.values()]);
      this.#added.clear();
    }
    if (this.#changed.size <= maxChanged) return;
    const oldest = [...this.#changed.keys()].slice(0, rewrittenAtOnce + (this.#changed.size >> 7));
    const byPiece = Map.groupBy(this.#packed.findAll(oldest), ([, { piece }]) => piece);
    for (const [piece, located] of byPiece)
      this.#packed.rewrite(piece, new Map(located.map(([id]) => [id, this.#changed.get(id)])));
    for (const id of oldest) this.#changed.delete(id);
  }
}
