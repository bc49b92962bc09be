import type { Resource } from '@sluice/config';
import type { ConfigFault, ResourceChange } from '../config/source.ts';

/** What a worker that comes later is given, one after the other, to be in the same state as those before it. */
export interface Bringing {
  readonly snapshot: readonly Resource[];
  /** Each may be refused, and is kept by whoever refuses it; see `RuntimeTarget`. */
  readonly deltas: readonly (readonly ResourceChange[])[];
}

/**
 * What all workers have in service, as far as it takes to bring another one there. A broken resource is at its last good
 * version in all of them, so both versions are kept: the good one to serve, the broken one to say what is wrong.
 */
export class InService {
  /** Good versions; of a resource that has none, the broken one. */
  #resources = new Map<string, Resource>();
  /** Which of them are broken. */
  #broken = new Set<string>();
  /** Newer versions that are broken, of resources that are in service at a good one. */
  #newer = new Map<string, ResourceChange>();
  /** What refused deltas contained since the last one that was applied. */
  #refused = new Map<string, ResourceChange>();

  /** Everything in service. */
  resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** A snapshot was applied. */
  replace(list: readonly Resource[], quarantined: readonly ConfigFault[]): void {
    const previous = this.#resources;
    this.#resources = new Map([...previous].filter(([key]) => !this.#broken.has(key)));
    this.#broken = new Set();
    this.#newer = new Map();
    this.#refused = new Map();
    const present = new Set(list.map(keyOf));
    for (const key of [...this.#resources.keys()]) if (!present.has(key)) this.#resources.delete(key);
    this.#take(list, quarantined);
  }

  /** A delta was applied, and with it what the refused ones before it contained. */
  change(changes: readonly ResourceChange[], quarantined: readonly ConfigFault[]): void {
    const all = [...this.#merged(changes).values()];
    this.#refused = new Map();
    this.#take(all, quarantined);
  }

  /** A delta was refused. */
  refuse(changes: readonly ResourceChange[]): void {
    this.#refused = this.#merged(changes);
  }

  /** How to bring another worker to where the others are. */
  bringing(): Bringing {
    const deltas: (readonly ResourceChange[])[] = [];
    // The empty one has the worker go on after it refused the broken versions.
    if (this.#newer.size > 0) deltas.push([...this.#newer.values()], []);
    if (this.#refused.size > 0) deltas.push([...this.#refused.values()]);
    return { snapshot: [...this.#resources.values()], deltas };
  }

  #merged(changes: readonly ResourceChange[]): Map<string, ResourceChange> {
    return new Map([...this.#refused, ...changes.map((change) => [keyOf(change), change] as const)]);
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
