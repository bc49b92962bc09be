import { SetHash } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';

/** Resources by id, with a hash that is updated with every change. */
export class MemberSet {
  readonly hash = new SetHash();
  private readonly members = new Map<string, ResourceRecord>();

  get size(): number {
    return this.members.size;
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
      this.hash.remove(before);
    }
    if (now !== undefined) {
      this.members.set(id, now);
      this.hash.add(now);
      return now;
    }
    return { kind: before?.kind ?? '', id, json: '' };
  }
}
