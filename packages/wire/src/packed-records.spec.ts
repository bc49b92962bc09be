import { hash, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ResourceRecord } from './frames.ts';
import { PackedRecords, RecordPacker } from './packed-records.ts';

const record = (id: string, mark: unknown = 0): ResourceRecord => ({
  kind: 'route',
  id,
  json: JSON.stringify({ name: id, mark }),
});
const many = (count: number): ResourceRecord[] =>
  Array.from({ length: count }, () => record(randomUUID()));

describe('PackedRecords', () => {
  it('keep records in their order and find each by its id', () => {
    const records = many(3_000);
    const packed = PackedRecords.of(records);
    expect([...packed]).toEqual(records);
    expect(packed.size).toBe(3_000);
    const found = packed.findAll([...records.map(({ id }) => id), 'unknown']);
    expect(found.size).toBe(3_000);
    for (const each of records) expect(found.get(each.id)?.record).toEqual(each);
    expect(packed.find('unknown')).toBeUndefined();
    expect(packed.hasRepetition).toBe(false);
    expect(PackedRecords.of([...records, records[7] as ResourceRecord]).hasRepetition).toBe(true);
  });

  it('share equal pieces with the set that they replace, also behind a change', () => {
    // The ids decide where pieces end: chosen ones give the same pieces in each run.
    const records = Array.from({ length: 4_000 }, (_, index) => record(hash('md5', `${index}`)));
    const first = PackedRecords.of(records);
    const packer = new RecordPacker(first);
    packer.add(record('at the front'));
    for (const each of records) packer.add(each);
    const second = packer.finish();
    const shared = second.pieces.filter((piece) => first.pieces.includes(piece));
    expect(first.pieces.length).toBeGreaterThan(4);
    expect(shared.length).toBeGreaterThanOrEqual(first.pieces.length - 1);
  });

  it('change independently of a fork', () => {
    const records = many(500);
    const packed = PackedRecords.of(records);
    const fork = packed.fork();
    const [a, b] = records as [ResourceRecord, ResourceRecord];
    const piece = fork.findAll([a.id]).get(a.id)?.piece ?? -1;
    fork.rewrite(
      piece,
      new Map([
        [a.id, record(a.id, 'new')],
        [b.id, undefined],
      ]),
    );
    fork.append([record('added')]);
    expect([fork.find(a.id), fork.find(b.id), fork.find('added')]).toEqual([
      record(a.id, 'new'),
      undefined,
      record('added'),
    ]);
    expect(fork.size).toBe(500);
    expect([...packed]).toEqual(records);
    expect(packed.find('added')).toBeUndefined();
  });
});
