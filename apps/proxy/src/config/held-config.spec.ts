import { describe, expect, it } from '@jest/globals';
import { SetHash, WireError } from '@sluice/wire';
import type { Delta, ResourceRecord } from '@sluice/wire';
import fc from 'fast-check';
import { HeldConfig } from './held-config.ts';

const record = (id: string, json = `{"name":"${id}"}`): ResourceRecord => ({
  kind: 'route',
  id,
  json,
});
const gone = (id: string): ResourceRecord => record(id, '');

function hold(...records: ResourceRecord[]): HeldConfig {
  const held = new HeldConfig();
  held.replace({ epoch: 'e', revision: 10, records, setHash: SetHash.of(records) });
  return held;
}

function deltaOf(held: HeldConfig, ...changes: ResourceRecord[]): Delta {
  const after = new Map([...held.records()].map((one) => [one.id, one]));
  for (const change of changes) {
    if (change.json === '') after.delete(change.id);
    else after.set(change.id, change);
  }
  return {
    type: 'delta',
    fromRevision: held.revision,
    revision: held.revision + 1,
    changes,
    setHash: SetHash.of(after.values()).bytes(),
    merged: false,
  };
}

const ids = (held: HeldConfig): string[] => [...held.records()].map(({ id }) => id);

describe('HeldConfig', () => {
  it('applies deltas and has the control plane’s set', () => {
    const change = fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('', '{"x":1}', '{"x":2}'))
      .map(([id, json]) => record(id, json));
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(change, { selector: ({ id }) => id })), (deltas) => {
        const held = hold();
        for (const changes of deltas) {
          expect(held.follow(deltaOf(held, ...changes))).toBe(true);
          expect(held.setHash.bytes()).toEqual(SetHash.of(held.records()).bytes());
        }
        expect(held.revision).toBe(10 + deltas.length);
      }),
    );
  });

  it('changes nothing when the set hash does not match', () => {
    const held = hold(record('a'));
    const before = held.setHash.bytes();
    expect(held.follow({ ...deltaOf(held, record('b')), setHash: Buffer.alloc(32) })).toBe(false);
    expect(held.follow({ ...deltaOf(held, record('b')), fromRevision: 11, revision: 12 })).toBe(
      false,
    );
    expect(held.follow({ ...deltaOf(held, record('b')), revision: 10 })).toBe(false);
    expect([held.revision, held.setHash.bytes(), ids(held)]).toEqual([10, before, ['a']]);
  });

  it('accepts a delta from an earlier revision when nothing changed in between', () => {
    const held = hold(record('a'));
    const delta = { ...deltaOf(held, record('b')), revision: 20 };
    held.advance(15);
    expect(held.follow(delta)).toBe(true);
    expect(held.revision).toBe(20);
  });

  it('refuses a snapshot that contains a resource twice', () => {
    const twice = [record('a'), record('a')];
    expect(() =>
      new HeldConfig().replace({
        epoch: 'e',
        revision: 1,
        records: twice,
        setHash: SetHash.of(twice),
      }),
    ).toThrow(WireError);
  });

  it('shares its records with a store that lacks some of them and changes independently', () => {
    const held = hold(record('a'), record('b'), record('c'));
    held.follow(deltaOf(held, record('d'), record('c', '{"v":2}')));
    const store = held.without(['a', 'd']);
    expect(Map.groupBy(store.records(), ({ id }) => id)).toEqual(
      new Map([
        ['b', [record('b')]],
        ['c', [record('c', '{"v":2}')]],
      ]),
    );
    expect(store.packed.pieces).toEqual(held.packed.pieces);
    expect(store.packed.pieces.every((piece, index) => piece === held.packed.pieces[index])).toBe(
      true,
    );
    store.change(new Map([['b', undefined]]));
    expect(ids(held)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the last good version of a quarantined resource, or the broken one when there is none', () => {
    const held = hold(record('old', '{"v":1}'), record('fine', '{"v":1}'));
    held.follow(
      deltaOf(
        held,
        record('old', '{"v":"broken"}'),
        record('new', '{"v":"broken"}'),
        record('fine', '{"v":2}'),
      ),
    );
    held.follow(deltaOf(held, record('old', '{"v":"still broken"}')));
    held.applied(new Set(['old', 'new']));
    expect(Object.fromEntries([...held.goodRecords()].map(({ id, json }) => [id, json]))).toEqual({
      old: '{"v":1}',
      new: '{"v":"broken"}',
      fine: '{"v":2}',
    });

    held.follow(deltaOf(held, record('old', '{"v":3}'), gone('new')));
    held.applied(new Set());
    expect([...held.goodRecords()]).toEqual([...held.records()]);
  });
});
