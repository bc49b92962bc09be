import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { ResourceRecord } from '@sluice/wire';
import { RecordStore } from './record-store.ts';

it('a record store holds the same as a map, while its changes are packed', () => {
  const store = new RecordStore();
  const model = new Map<string, ResourceRecord>();
  let copy = { store: store.fork(), model: new Map(model) };
  for (let round = 0; round < 80; round++) {
    const changes = new Map<string, ResourceRecord | undefined>();
    for (let index = 0; index < 100; index++) {
      const id = `id-${randomInt(4_000)}`;
      const isRemoval = randomInt(4) === 0;
      const json = JSON.stringify({ round, index });
      changes.set(id, isRemoval ? undefined : { kind: 'route', id, json });
    }
    const wanted = [...changes.keys()];
    const known = wanted.flatMap((id) => model.get(id) ?? []);
    expect([...store.findAll(wanted).values()].map(({ json }) => json).sort()).toEqual(
      known.map(({ json }) => json).sort(),
    );
    store.change(changes);
    for (const [id, record] of changes) {
      if (record === undefined) model.delete(id);
      else model.set(id, record);
    }
    if (round === 40) copy = { store: store.fork(), model: new Map(model) };
  }
  for (const { store: held, model: expected } of [{ store, model }, copy]) {
    const records = [...held.records()];
    expect(records).toHaveLength(expected.size);
    for (const record of records) expect(expected.get(record.id)).toEqual(record);
  }
});
