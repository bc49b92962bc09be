import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SetHash } from './set-hash.ts';

const record = fc.record({
  kind: fc.constantFrom('route', 'service'),
  id: fc.string(),
  json: fc.string(),
});
const records = fc.uniqueArray(record, { selector: ({ kind, id }) => `${kind}\0${id}` });

describe('SetHash', () => {
  it('is the digest itself for one member, and zero for none', () => {
    expect(new SetHash().bytes()).toEqual(Buffer.alloc(32));
    expect(SetHash.of([{ kind: 'route', id: '1', json: '{}' }]).bytes()).toEqual(
      createHash('sha256').update('route\x001\0{}').digest(),
    );
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (set, order) => {
        const shuffled = set
          .map((member) => ({ member, key: order.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key);
        expect(SetHash.of(shuffled.map(({ member }) => member)).bytes()).toEqual(
          SetHash.of(set).bytes(),
        );
      }),
    );
  });

  it('adds and removes as 256-bit numbers do', () => {
    fc.assert(
      fc.property(records, fc.nat(), (set, cut) => {
        const kept = set.slice(0, cut % (set.length + 1));
        const removed = set.slice(kept.length);
        const whole = SetHash.of(set);
        expect(SetHash.of(kept).plus(SetHash.of(removed)).bytes()).toEqual(whole.bytes());
        for (const member of removed) whole.remove(member);
        expect(whole.matches(SetHash.of(kept).bytes())).toBe(true);
      }),
    );
  });

  it('differs when anything differs', () => {
    const base = { kind: 'route', id: '1', json: '{}' };
    const hashes = [
      base,
      { ...base, kind: 'rout' },
      { ...base, id: '2' },
      { ...base, json: '[]' },
    ].map((member) => SetHash.of([member]).bytes().toString('hex'));
    expect(new Set(hashes).size).toBe(4);
    expect(SetHash.of([base]).matches(Buffer.alloc(0))).toBe(false);
  });
});
