import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import { PackedRecords, type ResourceRecord } from '@sluice/wire';
import type { ApplyOutcome } from '../config/source.ts';
import { ArrivingSnapshot } from './arriving-snapshot.ts';

const applied: ApplyOutcome = { applied: true, faults: [], quarantined: [] };
const consumer = (id: string): ResourceRecord => ({
  kind: 'consumer',
  id,
  json: JSON.stringify({ username: id }),
});
const start = (more: { superseded?: string[]; records?: ResourceRecord[] } = {}) =>
  ({ type: 'snapshotStart', revision: 1, superseded: [], records: [], ...more }) as const;
/** Keeps the ids of the resources. */
const collect = (ids: string[]) => async (resources: AsyncIterable<Resource>) => {
  for await (const { id } of resources) ids.push(id);
  return applied;
};

describe('ArrivingSnapshot', () => {
  it('applies pieces while others are still to come', async () => {
    const records = Array.from({ length: 3_000 }, () => consumer(randomUUID()));
    const { pieces } = PackedRecords.of(records);
    expect(pieces.length).toBeGreaterThan(2);
    const ids: string[] = [];
    const snapshot = new ArrivingSnapshot(start(), collect(ids));
    await nextTurn();
    for (const [index, piece] of pieces.entries()) {
      await snapshot.add([piece]);
      if (index === 0) expect(ids.length).toBeGreaterThan(0);
      expect(ids.length).toBeLessThanOrEqual(records.length);
    }
    expect(await snapshot.finish()).toBe(applied);
    expect(ids).toEqual(records.map(({ id }) => id));
  });

  it('leaves out superseded and unreadable records, and ends with those that are not packed', async () => {
    const records = [consumer('a'), consumer('b'), { ...consumer('c'), json: '{' }, consumer('d')];
    const ids: string[] = [];
    const more = { superseded: ['b'], records: [consumer('b'), consumer('e')] };
    const snapshot = new ArrivingSnapshot(start(more), collect(ids));
    await snapshot.add(PackedRecords.of(records).pieces);
    await snapshot.finish();
    expect(ids).toEqual(['a', 'd', 'b', 'e']);
  });

  it('has only unpacked records when no piece comes', async () => {
    const ids: string[] = [];
    const snapshot = new ArrivingSnapshot(start({ records: [consumer('a')] }), collect(ids));
    await snapshot.finish();
    expect(ids).toEqual(['a']);
  });

  it('rejects when applying fails, and when a piece is damaged', async () => {
    const { pieces } = PackedRecords.of([consumer('a')]);
    const failing = new ArrivingSnapshot(start(), () => Promise.reject(new Error('of the spec')));
    await expect(failing.add(pieces)).rejects.toThrow('of the spec');
    await expect(failing.finish()).rejects.toThrow('of the spec');
    const damaged = new ArrivingSnapshot(start(), collect([]));
    await expect(damaged.add([Buffer.from('damaged')])).rejects.toThrow();
  });
});
