import { credentialTypes, isCredentialType, lookupOf, type Spec } from '@sluice/config';
import type { FoundCredential } from '@sluice/policy-sdk';
import type { ServedCredential } from '../served.ts';
import { CompactRecords, type StoredRecord } from './compact-records.ts';
import { HotCache } from './hot-cache.ts';
import type { KeysOf } from './record-shapes.ts';

/** The credentials whose consumers are kept joined, for each type. */
const hotCredentials = 10_000;

/** A credential is found by the value that its type names. */
const keysOf: KeysOf = (shared) => {
  const { type } = shared;
  if (!isCredentialType(type)) return [undefined];
  const { property, within } = credentialTypes[type].lookup;
  const group = within === undefined ? type : `${type} ${String(shared[within])}`;
  return [{ group, property }];
};

/** The type of a lookup value that has two parts, see `lookupOf`. */
function hasTwoParts(type: string): boolean {
  return isCredentialType(type) && credentialTypes[type].lookup.within !== undefined;
}

interface HotCredential {
  readonly generation: number;
  readonly found: FoundCredential;
}

/** The credentials in service, by id and by type and lookup value. */
export class CredentialIndex {
  readonly #records: CompactRecords;
  readonly #hot = new Map<string, HotCache<HotCredential>>();

  /** @param predecessor see {@link CompactRecords} */
  constructor(predecessor?: CredentialIndex) {
    this.#records = new CompactRecords(
      keysOf,
      1,
      predecessor === undefined ? undefined : predecessor.#records,
    );
  }

  get size(): number {
    return this.#records.size;
  }

  get(id: string): ServedCredential | undefined {
    return servedFrom(this.#records.get(id));
  }

  set(id: string, credential: ServedCredential): void {
    this.#records.set(id, credential.spec);
    this.#cool(credential);
  }

  delete(id: string): boolean {
    const credential = this.get(id);
    if (credential === undefined) return false;
    this.#cool(credential);
    return this.#records.delete(id);
  }

  *values(): Generator<ServedCredential> {
    for (const record of this.#records.values()) yield servedFrom(record) as ServedCredential;
  }

  /** See {@link CompactRecords.settle}. */
  settle(): void {
    this.#records.settle();
  }

  /**
   * Finds a credential with its consumer. A result is kept while `generation` stays the same and
   * the credential is used.
   */
  find(
    type: string,
    lookup: string,
    generation: number,
    join: (credential: ServedCredential, lookup: string) => FoundCredential | undefined,
  ): FoundCredential | undefined {
    const hot = this.#hot.get(type)?.get(lookup);
    if (hot !== undefined && hot.generation === generation) return hot.found;
    const credential = servedFrom(this.#recordOf(type, lookup));
    const found = credential === undefined ? undefined : join(credential, lookup);
    if (found !== undefined) this.#keep(type, lookup, { generation, found });
    return found;
  }

  #recordOf(type: string, lookup: string): StoredRecord | undefined {
    if (!hasTwoParts(type)) return this.#records.find(0, type, lookup);
    const space = lookup.indexOf(' ');
    const group = `${type} ${lookup.slice(0, space)}`;
    return this.#records.find(0, group, lookup.slice(space + 1));
  }

  #keep(type: string, lookup: string, hot: HotCredential): void {
    let cache = this.#hot.get(type);
    if (cache === undefined) this.#hot.set(type, (cache = new HotCache(hotCredentials)));
    cache.set(lookup, hot);
  }

  #cool({ spec }: ServedCredential): void {
    this.#hot.get(spec.type)?.delete(lookupOf(spec));
  }
}

function servedFrom(record: StoredRecord | undefined): ServedCredential | undefined {
  if (record === undefined) return undefined;
  const spec = record.spec as Spec<'credential'>;
  return { kind: 'credential', id: record.id, name: spec.name, spec };
}
