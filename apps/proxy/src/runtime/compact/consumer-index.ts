import type { Spec } from '@sluice/config';
import type { ConsumerName } from '@sluice/policy-sdk';
import type { ConsumerView, ServedConsumer } from '../served.ts';
import { CompactRecords, type StoredRecord } from './compact-records.ts';
import { HotCache } from './hot-cache.ts';

/** The consumers that are kept joined with their groups and quotas. */
const hotConsumers = 10_000;
const keys = [
  { group: '', property: 'username' },
  { group: '', property: 'customId' },
] as const;

/**
 * The consumers in service, by id, username and custom id. Those with policies, and those that are
 * refused, are compiled objects; all others are records, and are joined when they are used.
 */
export class ConsumerIndex {
  readonly #records: CompactRecords;
  readonly #compiled = new Map<string, ServedConsumer>();
  readonly #views = new HotCache<ConsumerView>(hotConsumers);

  /** @param predecessor see {@link CompactRecords} */
  constructor(predecessor?: ConsumerIndex) {
    this.#records = new CompactRecords(
      () => keys,
      keys.length,
      predecessor === undefined ? undefined : predecessor.#records,
    );
  }

  get size(): number {
    return this.#records.size + this.#compiled.size;
  }

  get(id: string): ServedConsumer | undefined {
    return this.#compiled.get(id) ?? servedFrom(this.#records.get(id));
  }

  set(id: string, consumer: ServedConsumer): void {
    this.#views.delete(id);
    if (consumer.chain.length === 0) {
      this.#compiled.delete(id);
      this.#records.set(id, consumer.spec);
    } else {
      this.#records.delete(id);
      this.#compiled.set(id, consumer);
    }
  }

  delete(id: string): boolean {
    this.#views.delete(id);
    return this.#compiled.delete(id) || this.#records.delete(id);
  }

  *values(): Generator<ServedConsumer> {
    yield* this.#compiled.values();
    for (const record of this.#records.values()) yield servedFrom(record) as ServedConsumer;
  }

  /** See {@link CompactRecords.settle}. */
  settle(): void {
    this.#records.settle();
  }

  /**
   * Finds a consumer as policies see it. A view is kept while `generation` stays the same and the
   * consumer is used.
   */
  view(
    id: string,
    generation: number,
    join: (consumer: ServedConsumer) => ConsumerView,
  ): ConsumerView | undefined {
    const hot = this.#views.get(id);
    if (hot !== undefined && hot.generation === generation) return hot;
    const consumer = this.get(id);
    if (consumer === undefined) return undefined;
    const view = join(consumer);
    this.#views.set(id, view);
    return view;
  }

  /** The id of a consumer. Of several with one custom id, any is found. */
  idOf(by: ConsumerName): string | undefined {
    if ('id' in by) return by.id;
    const [property, value] =
      'username' in by
        ? (['username', by.username] as const)
        : (['customId', by.customId] as const);
    const key = property === 'username' ? 0 : 1;
    const record = this.#records.find(key, '', value);
    if (record !== undefined) return record.id;
    for (const { id, spec } of this.#compiled.values()) if (spec[property] === value) return id;
    return undefined;
  }
}

const nothing: ServedConsumer['chain'] = Object.freeze([]);

function servedFrom(record: StoredRecord | undefined): ServedConsumer | undefined {
  if (record === undefined) return undefined;
  const spec = record.spec as Spec<'consumer'>;
  return { kind: 'consumer', id: record.id, name: spec.username, spec, chain: nothing };
}
