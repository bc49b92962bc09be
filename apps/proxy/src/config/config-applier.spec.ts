import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from '@sluice/config';
import { type ConfigFault, SetHash } from '@sluice/wire';
import type { Delta, ResourceRecord } from '@sluice/wire';
import { ConfigApplier } from './config-applier.ts';
import { ConfigState } from './config-state.ts';
import type { ApplyOutcome, ConfigTarget, ResourceChange } from './source.ts';

/** Refuses resources that are marked as broken, as the runtime does. */
class FakeTarget implements ConfigTarget {
  readonly calls: [string, number, string[]][] = [];
  throws = false;

  applySnapshot(revision: number, resources: Iterable<Resource>): ApplyOutcome {
    const list = [...resources];
    this.#note(
      'snapshot',
      revision,
      list.map(({ id }) => id),
    );
    return { applied: true, faults: [], quarantined: list.filter(isBroken).map(faultOf) };
  }

  applyDelta(revision: number, changes: readonly ResourceChange[]): Promise<ApplyOutcome> {
    this.#note(
      'delta',
      revision,
      changes.map(({ id, spec }) => (spec === undefined ? `-${id}` : id)),
    );
    const faults = changes.filter(isBroken).map(faultOf);
    return Promise.resolve({ applied: faults.length === 0, faults, quarantined: [] });
  }

  #note(call: string, revision: number, ids: string[]): void {
    this.calls.push([call, revision, ids]);
    if (this.throws) throw new TypeError('a bug');
  }
}

const isBroken = ({ spec }: ResourceChange | Resource): boolean =>
  JSON.stringify(spec)?.includes('broken') ?? false;
const faultOf = ({ kind, id }: ResourceChange | Resource): ConfigFault => ({
  kind,
  id,
  name: '',
  pointer: '/policies/0',
  code: 'broken',
  reason: 'says so',
});
const record = (id: string, json = '{"name":"x"}', kind = 'route'): ResourceRecord => ({
  kind,
  id,
  json,
});
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let target: FakeTarget;
let state: ConfigState;
let applier: ConfigApplier;
let appliedTimes: number;

function snapshot(...records: ResourceRecord[]) {
  return applier.takeSnapshot(
    { epoch: 'e', revision: 10, records, setHash: SetHash.of(records) },
    'stream',
    1_000,
  );
}

function delta(changes: ResourceRecord[], more: Partial<Delta> = {}) {
  const after = new Map([...applier.held.records()].map((one) => [one.id, one]));
  for (const change of changes) {
    if (change.json === '') after.delete(change.id);
    else after.set(change.id, change);
  }
  const { revision } = applier.held;
  return applier.takeDelta({
    type: 'delta',
    fromRevision: revision,
    revision: revision + 1,
    changes,
    setHash: SetHash.of(after.values()).bytes(),
    merged: false,
    ...more,
  });
}

beforeEach(() => {
  target = new FakeTarget();
  state = new ConfigState();
  appliedTimes = 0;
  applier = new ConfigApplier({ target, state, log: silent, onApplied: () => appliedTimes++ });
});

describe('ConfigApplier', () => {
  it('applies snapshots and deltas, and updates the state', async () => {
    expect(await snapshot(record('a'))).toEqual({ applied: true, faults: [] });
    expect(await delta([record('b'), record('a', '')])).toEqual({ applied: true, faults: [] });
    expect(target.calls).toEqual([
      ['snapshot', 10, ['a']],
      ['delta', 11, ['b', '-a']],
    ]);
    expect(state.describe()).toMatchObject({
      origin: 'stream',
      epoch: 'e',
      revision: 11,
      refused: undefined,
    });
    expect(appliedTimes).toBe(2);
  });

  it('refuses a revision with a broken resource, keeps the last good one, and applies the next', async () => {
    await snapshot(record('a'));
    expect(await delta([record('b', '{"broken":1}')])).toMatchObject({
      applied: false,
      faults: [{ id: 'b', pointer: '/policies/0' }],
    });
    expect(state.describe()).toMatchObject({ revision: 10, refused: { revision: 11 }, nacks: 1 });
    expect([applier.held.revision, applier.isUpToDate, appliedTimes]).toEqual([11, false, 1]);
    expect(await delta([record('c')])).toEqual({ applied: true, faults: [] });
    expect(state.describe()).toMatchObject({ revision: 12, refused: undefined });
  });

  it('applies the valid part of a merged delta', async () => {
    await snapshot(record('a'));
    await delta([record('b', '{"broken":1}'), record('c')], { merged: true });
    expect(target.calls.slice(1)).toEqual([
      ['delta', 11, ['b', 'c']],
      ['delta', 11, []],
    ]);
    expect(state.revision).toBe(11);
  });

  it('quarantines the broken resources of a snapshot', async () => {
    expect(await snapshot(record('a'), record('b', '{"broken":1}'))).toMatchObject({
      applied: true,
      faults: [{ id: 'b' }],
    });
    expect(state.describe().quarantined).toMatchObject([{ id: 'b' }]);
  });

  it.each([
    ['a kind it does not know', record('n', '{"name":"later"}', 'novelty'), 'unknown_kind'],
    ['malformed JSON', record('n', '{'), 'malformed_resource'],
    ['JSON that is no object', record('n', '1'), 'malformed_resource'],
  ])('names %s, never leaves it out silently', async (_, strange, code) => {
    expect(await snapshot(record('a'), strange)).toMatchObject({
      applied: true,
      faults: [{ id: 'n', code }],
    });
    expect(await delta([record('n', '', strange.kind)])).toEqual({ applied: true, faults: [] });
    expect(await delta([strange])).toMatchObject({ applied: false, faults: [{ id: 'n', code }] });
    expect(state.revision).toBe(11);
    expect(await delta([record('c')])).toMatchObject({
      applied: true,
      faults: [{ id: 'n', code }],
    });
    await delta([record('d')]);
    // No revision is applied as a snapshot after the first one.
    expect(target.calls.map(([call]) => call)).toEqual(['snapshot', 'delta', 'delta', 'delta']);
    expect(target.calls.slice(2)).toEqual([
      ['delta', 13, ['c']],
      ['delta', 14, ['d']],
    ]);
  });

  it('applies the readable changes of a refused revision with the next one', async () => {
    const strange = record('n', '{}', 'novelty');
    await snapshot(record('a'), record('b'));
    await delta([record('c'), record('a', ''), record('b', '{"broken":1}'), strange]);
    expect(target.calls).toHaveLength(1);
    expect(await delta([record('d')])).toMatchObject({ applied: true });
    expect(target.calls.slice(1)).toEqual([
      ['delta', 12, ['c', '-a', 'b', 'd']],
      // The target holds what it refused, and quarantines it now.
      ['delta', 12, []],
    ]);
    await delta([strange, record('e')], { merged: true });
    expect(target.calls.at(-1)).toEqual(['delta', 13, ['e']]);
    expect(await delta([strange, record('f')])).toMatchObject({ applied: false });
    expect(await delta([record('f', ''), record('g', '{"broken":1}')])).toMatchObject({
      applied: false,
      faults: [{ id: 'g' }],
    });
    expect(target.calls.at(-1)).toEqual(['delta', 15, ['-f', 'g']]);
  });

  it('survives a target that throws, and sends it a snapshot next', async () => {
    await snapshot(record('a'));
    target.throws = true;
    expect(await delta([record('b')])).toMatchObject({
      applied: false,
      faults: [{ code: 'internal_error', reason: 'a bug' }],
    });
    target.throws = false;
    expect(await delta([record('c')])).toEqual({ applied: true, faults: [] });
    expect(target.calls.at(-1)).toEqual(['snapshot', 12, ['a', 'b', 'c']]);
  });

  it('rejects a delta with another set hash', async () => {
    await snapshot(record('a'));
    expect(await delta([record('b')], { setHash: Buffer.alloc(32) })).toBeUndefined();
    expect(target.calls).toHaveLength(1);
  });

  it('advances with matching heartbeats, and reports a mismatch', async () => {
    await snapshot(record('a'));
    expect(applier.confirm(15, applier.held.setHash.bytes())).toBe(true);
    expect([applier.held.revision, state.revision]).toEqual([15, 15]);
    expect(state.describe().ageMs).toBeLessThan(1_000);
    expect(applier.confirm(16, Buffer.alloc(32))).toBe(false);
    expect(applier.held.revision).toBe(15);
  });
});
