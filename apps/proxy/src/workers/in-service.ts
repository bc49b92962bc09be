import type { Resource, Spec } from '@sluice/config';
import type { ConfigFault, PackedRecords, ResourceRecord } from '@sluice/wire';
import { isFault, readRecord } from '../config/read-records.ts';
import { RecordStore } from '../config/record-store.ts';
import type { ResourceChange } from '../config/source.ts';

/** The requests that bring a new worker to the state of the others, applied in order. */
export interface CatchUp {
  readonly snapshot: RecordStore;
  /** Each may be refused; the worker keeps its changes, see `RuntimeTarget`. */
  readonly deltas: readonly (readonly ResourceChange[])[];
}

/**
 * The configuration in service in all workers, as needed to bring another one to the same state. A
 * broken resource is at its last good version in all of them, so both versions are kept: the good
 * one to serve, the broken one to report its faults.
 */
export class InService {
  /** Good versions; for a resource without one, the broken version. */
  #records = new RecordStore();
  /** The ids of the broken ones among them. */
  #broken = new Set<string>();
  /** Newer, broken versions of resources that are in service at a good version, by id. */
  #newer = new Map<string, ResourceChange>();
  /** The changes of deltas refused since the last applied one, by id. */
  #refused = new Map<string, ResourceChange>();

  /** Generates everything in service at this moment. */
  *resources(): Generator<Resource> {
    for (const record of this.#records.fork().records()) yield resourceOf(record);
  }

  /** The packed records, for the sharing of equal pieces. */
  get packed(): PackedRecords {
    return this.#records.packed;
  }

  /** Records an applied snapshot; all of its records are readable. */
  replace(records: RecordStore, quarantined: readonly ConfigFault[]): void {
    const faulty = [...new Set(quarantined.map(({ id }) => id))];
    const newest = records.findAll(faulty);
    const good = this.#records.findAll(faulty.filter((id) => !this.#broken.has(id)));
    this.#broken = new Set();
    this.#newer = new Map();
    this.#refused = new Map();
    const kept = new Map<string, ResourceRecord>();
    for (const [id, record] of newest) {
      const lastGood = good.get(id);
      if (lastGood === undefined) this.#broken.add(id);
      else {
        kept.set(id, lastGood);
        this.#newer.set(id, resourceOf(record));
      }
    }
    this.#records = records;
    this.#records.change(kept);
  }

  /** Records an applied delta, which includes the changes of the deltas refused before it. */
  change(changes: readonly ResourceChange[], quarantined: readonly ConfigFault[]): void {
    const all = this.#merged(changes);
    this.#refused = new Map();
    const faulty = new Set(quarantined.map(({ id }) => id));
    const known = this.#records.findAll([...all.keys()].filter((id) => faulty.has(id)));
    const next = new Map<string, ResourceRecord | undefined>();
    for (const [id, change] of all) {
      if (faulty.has(id) && known.has(id) && !this.#broken.has(id)) {
        this.#newer.set(id, change);
        continue;
      }
      this.#newer.delete(id);
      if (faulty.has(id)) this.#broken.add(id);
      else this.#broken.delete(id);
      next.set(id, change.spec === undefined ? undefined : recordOf(change.kind, id, change.spec));
    }
    this.#records.change(next);
  }

  /** Records a refused delta. */
  refuse(changes: readonly ResourceChange[]): void {
    this.#refused = this.#merged(changes);
  }

  /** Returns the requests that bring another worker to the state of the others. */
  catchUp(): CatchUp {
    const deltas: (readonly ResourceChange[])[] = [];
    // The empty delta is applied after the worker has refused the broken versions.
    if (this.#newer.size > 0) deltas.push([...this.#newer.values()], []);
    if (this.#refused.size > 0) deltas.push([...this.#refused.values()]);
    return { snapshot: this.#records.fork(), deltas };
  }

  #merged(changes: readonly ResourceChange[]): Map<string, ResourceChange> {
    return new Map([...this.#refused, ...changes.map((change) => [change.id, change] as const)]);
  }
}

/** A resource in the form in which it is packed. */
export function recordOf(kind: string, id: string, spec: Spec): ResourceRecord {
  return { kind, id, json: JSON.stringify(spec) };
}

function resourceOf(record: ResourceRecord): Resource {
  const read = readRecord(record);
  if (isFault(read)) throw new Error(`${record.kind} ${record.id} is unreadable: ${read.reason}`);
  return read;
}
