import { PackedRecords, SetHash, WireError } from '@sluice/wire';
import type { ConfigSnapshot, Delta, ReceivedSnapshot, ResourceRecord } from '@sluice/wire';
import { RecordStore } from './record-store.ts';

/**
 * The resources that this node has received, in their exact bytes, whether or not it can use them.
 * The node reports this set to the control plane, applies deltas to it, and writes it to disk.
 */
export class HeldConfig {
  #epoch = '';
  #revision = 0;
  #records = new RecordStore();
  #setHash = new SetHash();
  /**
   * Last applied versions of resources whose newest version is not applied; undefined when there
   * was none.
   */
  #earlier = new Map<string, ResourceRecord | undefined>();

  /** Identity of the database that the revisions belong to; empty when nothing is held. */
  get epoch(): string {
    return this.#epoch;
  }

  /** 0 when nothing is held. */
  get revision(): number {
    return this.#revision;
  }

  get setHash(): SetHash {
    return this.#setHash;
  }

  /** Generates the records; nothing may change meanwhile. */
  records(): Iterable<ResourceRecord> {
    return this.#records.records();
  }

  /** The records without those with these ids, as a store that changes independently. */
  without(ids: Iterable<string>): RecordStore {
    const records = this.#records.fork();
    records.change(new Map([...ids].map((id) => [id, undefined])));
    return records;
  }

  /** The packed records, for the sharing of equal pieces. */
  get packed(): PackedRecords {
    return this.#records.packed;
  }

  /** Replaces the whole set. Throws a WireError when the snapshot contains a resource twice. */
  replace({ epoch, revision, records, setHash }: ConfigSnapshot | ReceivedSnapshot): void {
    const packed = PackedRecords.of(records);
    if (packed.hasRepetition)
      throw new WireError(`the snapshot of revision ${revision} has a resource twice`);
    this.#epoch = epoch;
    this.#revision = revision;
    this.#records = new RecordStore(packed);
    this.#setHash = setHash;
    this.#earlier.clear();
  }

  /**
   * Applies a delta. Returns false and changes nothing when the result differs from the control
   * plane's set.
   */
  follow(delta: Delta): boolean {
    if (delta.fromRevision > this.#revision || delta.revision <= this.#revision) return false;
    const setHash = this.#setHash.plus(new SetHash());
    const current = this.#records.findAll(delta.changes.map(({ id }) => id));
    for (const change of delta.changes) {
      const before = current.get(change.id);
      if (before !== undefined) setHash.remove(before);
      if (change.json !== '') setHash.add(change);
    }
    if (!setHash.matches(delta.setHash)) return false;
    for (const { id } of delta.changes)
      if (!this.#earlier.has(id)) this.#earlier.set(id, current.get(id));
    this.#records.change(
      new Map(delta.changes.map((change) => [change.id, change.json === '' ? undefined : change])),
    );
    this.#setHash = setHash;
    this.#revision = delta.revision;
    return true;
  }

  /** Moves to a later revision without changes. */
  advance(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  /** Records that the whole set is in service, except the resources with these ids. */
  applied(quarantinedIds: ReadonlySet<string>): void {
    for (const id of this.#earlier.keys()) if (!quarantinedIds.has(id)) this.#earlier.delete(id);
  }

  /**
   * Returns the records in service at this moment: for a quarantined resource, its last good version. Without one
   * it is the broken version, so that a node that starts from these records refuses its requests
   * instead of ignoring the resource.
   */
  goodRecords(): Iterable<ResourceRecord> {
    const records = this.#records.fork();
    const earlier = new Map(this.#earlier);
    return {
      *[Symbol.iterator]() {
        for (const record of records.records()) yield earlier.get(record.id) ?? record;
      },
    };
  }
}
