import { SetHash } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';

const emptyHash = new SetHash();

/** Resources by id, with hashes that are updated with every change. */
export class MemberSet {
  private readonly members = new Map<string, ResourceRecord>();
  private readonly hashes = new Map<string, SetHash>();

  get size(): number {
    return this.members.size;
  }

  /** Hash of all members. */
  get hash(): SetHash {
    return this.hashWithout();
  }

  /** Hash of all members except those of some kinds. */
  hashWithout(kinds?: ReadonlySet<string>): SetHash {
    let sum = emptyHash;
    for (const [kind, hash] of this.hashes) if (kinds?.has(kind) !== true) sum = sum.plus(hash);
    return sum;
  }

  values(): Iterable<ResourceRecord> {
    return this.members.values();
  }

  /**
   * Sets the current state of a resource; undefined removes it.
   * @returns the change to send to nodes; undefined when nothing changed.
   */
  settle(id: string, now: ResourceRecord | undefined): ResourceRecord | undefined {
    const before = this.members.get(id);
    if (before?.json === now?.json) return undefined;
    if (before !== undefined) {
      this.members.delete(id);
      this.hashOf(before.kind).remove(before);
    }
    if (now !== undefined) {
      this.members.set(id, now);
      this.hashOf(now.kind).add(now);
      return now;
    }
    return { kind: before?.kind ?? '', id, json: '' };
  }

  private hashOf(kind: string): SetHash {
    const known = this.hashes.get(kind);
    if (known !== undefined) return known;
    const hash = new SetHash();
    this.hashes.set(kind, hash);
    return hash;
  }
}
