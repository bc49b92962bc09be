import { SetHash, WireError } from '@sluice/wire';
import type { ConfigSnapshot, Delta, ResourceRecord } from '@sluice/wire';

/**
 * The set of resources this node was sent, bytes and all, whether or not it could use them: what it says it holds, what
 * deltas are applied to, and what is kept on disk.
 */
export class HeldConfig {
  #epoch = '';
  #revision = 0;
  #records: Map<string, ResourceRecord> = new Map();
  #setHash = new SetHash();
  /** Earlier versions of resources whose newest one has not been applied; undefined where there was none. */
  #earlier = new Map<string, ResourceRecord | undefined>();

  /** Identity of the database that revisions count in; empty when nothing is held. */
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

  /** Holds this and nothing else. Throws a WireError when a resource is in it twice. */
  replace({ epoch, revision, records, setHash }: ConfigSnapshot): void {
    const byId = new Map(records.map((record) => [record.id, record]));
    if (byId.size !== records.length) throw new WireError(`the snapshot of revision ${revision} has a resource twice`);
    this.#epoch = epoch;
    this.#revision = revision;
    this.#records = byId;
    this.#setHash = setHash;
    this.#earlier.clear();
  }

  /** Follows a delta. False, and nothing is changed, when the outcome is not what the control plane has. */
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

  /** Up to this revision nothing has changed. */
  advance(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  /** Everything held is in service now, but for resources with these ids. */
  applied(quarantinedIds: ReadonlySet<string>): void {
    for (const id of this.#earlier.keys()) if (!quarantinedIds.has(id)) this.#earlier.delete(id);
  }

  /**
   * What is in service: of quarantined resources the last good version. Where there is none it is the broken one, so
   * that a node that starts with it refuses what it stands for, rather than not knowing of it.
   */
  goodRecords(): ResourceRecord[] {
    if (this.#earlier.size === 0) return [...this.#records.values()];
    return [...this.#records.values()].map((record) => this.#earlier.get(record.id) ?? record);
  }
}
