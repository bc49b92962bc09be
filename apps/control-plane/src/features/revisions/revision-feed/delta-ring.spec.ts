import { describe, expect, it } from '@jest/globals';
import { decodeControlFrame, maxDeltaBytes } from '@sluice/wire';
import { DeltaRing } from './delta-ring.ts';

const hashOf = (revision: number): Buffer => Buffer.alloc(32, revision);
const change = (id: string, bytes = 10) => ({ kind: 'route', id, json: 'x'.repeat(bytes) });

function ringOf(revisions: readonly number[], limits = { deltas: 3, bytes: 1_000 }): DeltaRing {
  const ring = new DeltaRing({ revision: 10, setHash: hashOf(10) }, limits);
  for (const revision of revisions)
    ring.append(revision, [change(`r${revision}`)], hashOf(revision));
  return ring;
}

describe('DeltaRing', () => {
  it('knows the hash at every covered revision, even without changes', () => {
    const ring = ringOf([12, 15]);
    expect([9, 10, 11, 12, 14, 15, 99].map((revision) => ring.setHashAt(revision)?.[0])).toEqual([
      undefined,
      10,
      10,
      12,
      12,
      15,
      15,
    ]);
  });

  it('drops the oldest deltas beyond its limit of deltas', () => {
    const ring = ringOf([11, 12, 13, 14]);
    expect([10, 11].map((revision) => ring.covers(revision))).toEqual([false, true]);
    expect(ring.next(11)?.revision).toBe(12);
  });

  it('drops the oldest deltas beyond its limit of bytes, even all', () => {
    const ring = ringOf([11, 12]);
    ring.append(13, [change('large', 970)], hashOf(13));
    expect([11, 12].map((revision) => ring.covers(revision))).toEqual([false, true]);
    ring.append(14, [change('larger', 2_000)], hashOf(14));
    expect(ring.covers(13)).toBe(false);
    expect(ring.covers(14)).toBe(true);
    expect(ring.next(14)).toBeUndefined();
  });

  it('encodes a delta once, and a merged one once per starting point', () => {
    const ring = ringOf([11, 12, 13]);
    expect(ring.next(10)?.frame).toBe(ring.next(10)?.frame);
    expect(ring.merge(10)?.frame).toBe(ring.merge(10)?.frame);
    expect(ring.merge(12)?.frame).toBe(ring.next(12)?.frame);
    expect(ring.merge(13)).toBeUndefined();
    expect(decodeControlFrame(ring.merge(11)?.frame as Buffer)).toMatchObject({
      fromRevision: 11,
      revision: 13,
      changes: [{ id: 'r12' }, { id: 'r13' }],
    });
  });

  it('merges to the newest state of each resource', () => {
    const ring = ringOf([]);
    ring.append(11, [change('a', 1), change('b', 1)], hashOf(11));
    ring.append(12, [{ kind: 'route', id: 'a', json: '' }], hashOf(12));
    expect(decodeControlFrame(ring.merge(10)?.frame as Buffer)).toMatchObject({
      changes: [
        { id: 'a', json: '' },
        { id: 'b', json: 'x' },
      ],
      setHash: hashOf(12),
    });
  });

  it('has no frame for a delta that is too large for a message', () => {
    const ring = ringOf([], { deltas: 10, bytes: 4 * maxDeltaBytes });
    ring.append(11, [change('a', maxDeltaBytes + 1)], hashOf(11));
    expect(ring.next(10)).toMatchObject({ revision: 11, frame: undefined });
    for (const revision of [12, 13])
      ring.append(revision, [change(`r${revision}`, maxDeltaBytes - 100)], hashOf(revision));
    expect(ring.next(11)?.frame).toBeInstanceOf(Buffer);
    expect(ring.merge(11)).toMatchObject({ revision: 13, frame: undefined });
  });

  it('carry the traceparents of their writes, oldest first and at most 32, and the time of the oldest commit', () => {
    const ring = new DeltaRing({ revision: 10, setHash: hashOf(10) });
    for (let revision = 11; revision <= 50; revision++) {
      ring.append(revision, [change(`r${revision}`)], hashOf(revision), {
        committedAtMs: revision,
        traceparent: revision === 50 ? undefined : `w${revision}`,
      });
    }
    const traceparentsOf = (frame: Buffer | undefined): unknown =>
      (decodeControlFrame(frame as Buffer) as { traceparents?: unknown }).traceparents;
    expect(traceparentsOf(ring.next(10)?.frame)).toEqual(['w11']);
    expect(traceparentsOf(ring.next(49)?.frame)).toEqual([]);
    const merged = ring.merge(10);
    expect(merged).toMatchObject({ revision: 50, committedAtMs: 11 });
    expect(merged?.traceparents).toEqual(
      Array.from({ length: 32 }, (_, index) => `w${index + 18}`),
    );
    expect(traceparentsOf(merged?.frame)).toEqual(merged?.traceparents);
  });
});
