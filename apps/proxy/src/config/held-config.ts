import { SetHash, WireError } from '@sluice/wire';
import type { ConfigSnapshot, Delta, ResourceRecord } from '@sluice/wire';

/**
 * The resources that this node has received, in their exact bytes, whether or not it can use them.
 * The node reports this set to the control plane, applies deltas to it, and writes it to disk.
 */
export class HeldConfig {
  #epoch = '';
  #revision = 0;
  #records: Map<string, ResourceRecord> = new Map();
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

  records(): Iterable<ResourceRecord> {
    return this.#records.values();
  }

  /** Replaces the whole set. Throws a WireError when the snapshot contains a resource twice. */
  replace({ epoch, revision, records, setHash }: ConfigSnapshot): void {
    const byId = new Map(records.map((record) => [record.id, record]));
    if (byId.size !== records.length)
      throw new WireError(`the snapshot of revision ${revision} has a resource twice`);
    this.#epoch = epoch;
    this.#revision = revision;
    this.#records = byId;
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
    for (const change of delta.changes) {
      const before = this.#records.get(change.id);
      if (before !== undefined) setHash.remove(before);
      if (change.json !== '') setHash.add(change);
    }
    if (!setHash.matches(delta.setHash)) return false;
    for (const change of delta.changes) {
      if (!this.#earlier.has(change.id)) this.#earlier.set(change.id, this.#records.get(change.id));
      if (change.json === '') this.#records.delete(change.id);
      else this.#records.set(change.id, change);
    }
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
   * Returns the records in service: for a quarantined resource, its last good version. Without one
   * it is the broken version, so that a node that starts from these records refuses its requests
   * instead of ignoring the resource.
   */
  goodRecords(): ResourceRecord[] {
    if (this.#earlier.size === 0) return [...this.#records.values()];
    return [...this.#records.values()].map((record) => this.#earlier.get(record.id) ?? record);
  }
}
