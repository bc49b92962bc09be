import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactRecords } from './compact-records.ts';

type Spec = Readonly<Record<string, unknown>>;

const newRecords = (predecessor?: CompactRecords): CompactRecords =>
  new CompactRecords(({ type }) => [{ group: String(type), property: 'name' }], 1, predecessor);

const ids = fc.constantFrom(
  'a',
  'é',
  '0b6f3c1e-5d0a-4c53-9a53-3f6d6c2b7a11',
  'f'.repeat(64),
  'x'.repeat(300),
);
const specs = fc.record({
  type: fc.constantFrom('one', 'two'),
  name: fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('c'.repeat(64), 'n'.repeat(260))),
  note: fc.option(fc.string({ unit: 'binary', maxLength: 5 }), { nil: undefined }),
  tags: fc.array(fc.string({ maxLength: 3 }), { maxLength: 2 }),
});
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ act: fc.constant('set' as const), id: ids, spec: specs }) },
    { weight: 2, arbitrary: fc.record({ act: fc.constant('delete' as const), id: ids }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('succeed' as const) }) },
  ),
  { maxLength: 40 },
);

const withoutUndefined = (spec: Spec): Spec => JSON.parse(JSON.stringify(spec)) as Spec;

describe('CompactRecords', () => {
  it('hold the same as a map, in any sequence of changes and successors', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        let records = newRecords();
        const model = new Map<string, Spec>();
        for (const step of sequence) {
          if (step.act === 'set') {
            records.set(step.id, step.spec);
            model.set(step.id, withoutUndefined(step.spec));
          } else if (step.act === 'delete') {
            expect(records.delete(step.id)).toBe(model.delete(step.id));
          } else {
            const successor = newRecords(records);
            for (const [id, spec] of model) successor.set(id, spec);
            successor.settle();
            records = successor;
          }
        }
        expect(records.size).toBe(model.size);
        expect(new Map([...records.values()].map(({ id, spec }) => [id, spec]))).toEqual(model);
        for (const [id, spec] of model) {
          expect(records.get(id)).toEqual({ id, spec });
          const found = records.find(0, String(spec['type']), String(spec['name']));
          expect(found?.spec).toMatchObject({ type: spec['type'], name: spec['name'] });
        }
        expect(records.find(0, 'three', 'a')).toBeUndefined();
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('find every record while many are added, replaced and removed, and free what is unused', () => {
    const records = newRecords();
    const count = 5_000;
    const idOf = Array.from({ length: count }, () => randomUUID());
    const spec = (index: number, mark: number): Spec => ({
      type: 'one',
      name: createHash('sha256').update(`${index}/${mark}`).digest('hex'),
      tags: [],
    });
    for (const [index, id] of idOf.entries()) records.set(id, spec(index, 0));
    const once = records.bytes;
    for (let mark = 1; mark <= 4; mark++)
      for (const [index, id] of idOf.entries()) {
        records.delete(id);
        records.set(id, spec(index, mark));
      }
    expect(records.size).toBe(count);
    expect(records.bytes).toBeLessThan(4 * once);
    for (const [index, id] of idOf.entries()) {
      if (index % 50 === 0) expect(records.get(id)?.spec).toEqual(spec(index, 4));
      if (records.find(0, 'one', String(spec(index, 4)['name']))?.id !== id)
        throw new Error(`record ${index} was not found`);
    }
    expect(records.find(0, 'one', String(spec(1, 3)['name']))).toBeUndefined();
  });

  it('hold records of more different forms than can be numbered', () => {
    const records = newRecords();
    const count = 66_000;
    for (let index = 0; index < count; index++)
      records.set(`id-${index}`, { type: 'one', name: `n${index}`, tags: [`t${index}`] });
    for (const index of [0, 65_534, 65_535, 65_999]) {
      const spec = { type: 'one', name: `n${index}`, tags: [`t${index}`] };
      expect(records.get(`id-${index}`)?.spec).toEqual(spec);
      expect(records.find(0, 'one', `n${index}`)?.id).toBe(`id-${index}`);
    }
    expect(records.delete('id-65999')).toBe(true);
    expect(records.get('id-65999')).toBeUndefined();
  });

  it('share equal records with the predecessor', () => {
    const first = newRecords();
    for (let index = 0; index < 10_000; index++)
      first.set(randomUUID(), { type: 'one', name: `name-${index}`, tags: [] });
    const second = newRecords(first);
    for (const { id, spec } of first.values()) second.set(id, spec);
    second.set(randomUUID(), { type: 'one', name: 'new', tags: [] });
    second.settle();
    expect(second.size).toBe(10_001);
    // One chunk more, for the new record.
    expect(second.bytes - first.bytes).toBe(1 << 18);
  });
});
