import type { Resource } from '@sluice/config';
import type { ConfigFault } from '@sluice/wire';
import type { ResourceChange } from '../config/source.ts';

/** The requests that bring a new worker to the state of the others, applied in order. */
export interface CatchUp {
  readonly snapshot: readonly Resource[];
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
  #resources = new Map<string, Resource>();
  /** The keys of the broken ones among them. */
  #broken = new Set<string>();
  /** Newer, broken versions of resources that are in service at a good version. */
  #newer = new Map<string, ResourceChange>();
  /** The changes of deltas refused since the last applied one. */
  #refused = new Map<string, ResourceChange>();

  /** Everything in service. */
  resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** Records an applied snapshot. */
  replace(list: readonly Resource[], quarantined: readonly ConfigFault[]): void {
    const previous = this.#resources;
    this.#resources = new Map([...previous].filter(([key]) => !this.#broken.has(key)));
    this.#broken = new Set();
    this.#newer = new Map();
    this.#refused = new Map();
    const present = new Set(list.map(keyOf));
    for (const key of [...this.#resources.keys()])
      if (!present.has(key)) this.#resources.delete(key);
    this.#take(list, quarantined);
  }

  /** Records an applied delta, which includes the changes of the deltas refused before it. */
  change(changes: readonly ResourceChange[], quarantined: readonly ConfigFault[]): void {
    const all = [...this.#merged(changes).values()];
    this.#refused = new Map();
    this.#take(all, quarantined);
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
    return { snapshot: [...this.#resources.values()], deltas };
  }

  #merged(changes: readonly ResourceChange[]): Map<string, ResourceChange> {
    return new Map([
      ...this.#refused,
      ...changes.map((change) => [keyOf(change), change] as const),
    ]);
  }

  #take(changes: readonly ResourceChange[], quarantined: readonly ConfigFault[]): void {
    const faulty = new Set(quarantined.map(keyOf));
    for (const change of changes) {
      const key = keyOf(change);
      const { kind, id, spec } = change;
      if (faulty.has(key) && this.#resources.has(key) && !this.#broken.has(key)) {
        this.#newer.set(key, change);
        continue;
      }
      this.#newer.delete(key);
      if (faulty.has(key)) this.#broken.add(key);
      else this.#broken.delete(key);
      if (spec === undefined) this.#resources.delete(key);
      else this.#resources.set(key, { kind, id, spec });
    }
  }
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`;
}
