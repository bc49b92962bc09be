import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storableFaults, storableTargets, storableText } from './storable.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const fault = fc.record({
  kind: anyText,
  id: anyText,
  name: anyText,
  pointer: anyText,
  code: anyText,
  reason: anyText,
});

describe('the stored state of a node', () => {
  it('contains neither NUL nor lone surrogates, and is bounded in length', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 3_000 }),
        fc.boolean(),
        fc.nat({ max: 2_000 }),
        (start, isBroken, max) => {
          const text = isBroken ? `${start}\ud800\u0000x\udc00` : start;
          const kept = storableText(text, max);
          expect(kept.isWellFormed() && !kept.includes('\u0000') && kept.length <= max).toBe(true);
          expect(storableText(kept, max)).toBe(kept);
        },
      ),
    );
    expect(storableText('Straße 日本 🙂', 64)).toBe('Straße 日本 🙂');
  });

  it('is bounded in number, and keeps the unhealthy targets', () => {
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 130 }), (faults) =>
        expect(storableFaults(faults).length).toBe(Math.min(faults.length, 100)),
      ),
      { numRuns: 20 },
    );
    const targets = Array.from({ length: 6_000 }, (_, index) => ({
      service: `s${index}`,
      address: 'a:1',
      healthy: index !== 5_999,
    }));
    const kept = storableTargets(targets);
    expect(kept).toHaveLength(5_000);
    expect(kept[0]).toEqual({ service: 's5999', address: 'a:1', healthy: false });
  });
});
