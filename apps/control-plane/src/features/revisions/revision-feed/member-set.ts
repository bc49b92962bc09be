import { SetHash } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';

/** Resources by id, and the hash over them, which follows every change. */
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
   * Brings one resource to what it is now; undefined takes it out.
   * @returns the change as nodes hear of it; undefined when nothing changed.
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
