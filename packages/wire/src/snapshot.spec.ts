import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeControlFrame } from './codec.ts';
import type { ResourceRecord, SnapshotChunk } from './frames.ts';
import { maxChunkBytes, maxMessageBytes, maxResourceBytes } from './limits.ts';
import { encodeResourceList, ResourceListDecoder } from './resource-list.ts';
import { SetHash } from './set-hash.ts';
import { chunkSnapshot, SnapshotAssembler } from './snapshot.ts';
import { WireError } from './wire-error.ts';

const record = fc.record({
  kind: fc.string({ maxLength: 8 }),
  id: fc.string({ unit: 'grapheme', maxLength: 8 }),
  json: fc.string({ unit: 'grapheme', maxLength: 200 }),
});

function chunksOf(records: readonly ResourceRecord[], chunkBytes?: number): SnapshotChunk[] {
  const frames = chunkSnapshot(
    { epoch: 'e', revision: 7, records, setHash: SetHash.of(records) },
    chunkBytes,
  );
  return [...frames].map((frame) => decodeControlFrame(frame) as SnapshotChunk);
}

const three: readonly ResourceRecord[] = [1, 2, 3].map((id) => ({
  kind: 'route',
  id: String(id),
  json: `{"id":${id}}`,
}));

describe('the resource list', () => {
  it('comes back from pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 1, max: 300 }), (records, pieceBytes) => {
        const decoder = new ResourceListDecoder();
        const pieces = [...encodeResourceList(records, pieceBytes)];
        expect(pieces.slice(0, -1).every((piece) => piece.length === pieceBytes)).toBe(true);
        expect(pieces.flatMap((piece) => [...decoder.push(piece)])).toEqual(records);
        expect(() => decoder.end()).not.toThrow();
      }),
    );
  });

  it('refuses what stops in the middle, and lengths beyond the bound', () => {
    const decoder = new ResourceListDecoder();
    const [bytes = Buffer.alloc(0)] = encodeResourceList(three, 1_000);
    expect([...decoder.push(bytes.subarray(0, -1))]).toHaveLength(2);
    expect(() => decoder.end()).toThrow(WireError);
    const lengthy = Buffer.from([1, 0x61, 1, 0x62, 0xff, 0xff, 0xff, 0xff]);
    expect(() => [...new ResourceListDecoder().push(lengthy)]).toThrow(WireError);
    expect(() => [
      ...encodeResourceList([{ kind: 'a', id: 'b', json: 'x'.repeat(maxResourceBytes + 1) }], 10),
    ]).toThrow(WireError);
    expect(() => [
      ...encodeResourceList([{ kind: 'a', id: 'b'.repeat(256), json: '' }], 10),
    ]).toThrow(WireError);
  });
});

describe('a snapshot', () => {
  it('comes back from its pieces', () => {
    fc.assert(
      fc.property(fc.array(record), fc.integer({ min: 8, max: 300 }), (records, chunkBytes) => {
        const assembler = new SnapshotAssembler();
        const results = chunksOf(records, chunkBytes).map((chunk) => assembler.accept(chunk));
        expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
        const last = results.at(-1);
        expect(last).toMatchObject({ epoch: 'e', revision: 7 });
        expect([...(last?.records ?? [])]).toEqual(records);
        expect(assembler.busy).toBe(false);
      }),
    );
  });

  it('is cut into frames that fit into a message', () => {
    const records = Array.from({ length: 40 }, (_, id) => ({
      kind: 'route',
      id: String(id),
      json: 'x'.repeat(100_000),
    }));
    const frames = [
      ...chunkSnapshot({ epoch: 'e', revision: 1, records, setHash: SetHash.of(records) }),
    ];
    expect(frames.length).toBe(Math.ceil((40 * 100_000) / maxChunkBytes));
    expect(Math.max(...frames.map((frame) => frame.length))).toBeLessThan(maxMessageBytes / 2);
  });

  it('is one empty piece when there is nothing', () => {
    expect(chunksOf([])).toMatchObject([{ chunk: 0, chunks: 1 }]);
    const empty = new SnapshotAssembler().accept(chunksOf([])[0] as SnapshotChunk);
    expect([...(empty?.records ?? [{}])]).toEqual([]);
  });

  it('starts again with a first piece', () => {
    const assembler = new SnapshotAssembler();
    const [first, ...others] = chunksOf(three, 10) as [SnapshotChunk, ...SnapshotChunk[]];
    assembler.accept(first);
    assembler.accept(first);
    const last = others.map((chunk) => assembler.accept(chunk)).at(-1);
    expect([...(last?.records ?? [])]).toEqual(three);
  });

  it.each<[string, (chunks: SnapshotChunk[]) => SnapshotChunk[]]>([
    ['a missing piece', (chunks) => chunks.toSpliced(1, 1)],
    ['a missing beginning', (chunks) => chunks.slice(1)],
    [
      'swapped pieces',
      (chunks) => chunks.toSorted((a, b) => ((a.chunk + 1) % 3) - ((b.chunk + 1) % 3)),
    ],
    [
      'another revision',
      (chunks) => chunks.map((chunk) => (chunk.chunk === 1 ? { ...chunk, revision: 8 } : chunk)),
    ],
    [
      'another epoch',
      (chunks) => chunks.map((chunk) => (chunk.chunk === 1 ? { ...chunk, epoch: 'f' } : chunk)),
    ],
    [
      'another count',
      (chunks) => chunks.map((chunk) => (chunk.chunk === 1 ? { ...chunk, chunks: 9 } : chunk)),
    ],
    [
      'a flipped bit',
      (chunks) =>
        chunks.map((chunk) => ({
          ...chunk,
          data: Buffer.from(chunk.data).map((byte, at) =>
            chunk.chunk === 1 && at === 9 ? byte ^ 1 : byte,
          ),
        })),
    ],
    [
      'a wrong set hash',
      (chunks) => chunks.map((chunk) => ({ ...chunk, setHash: Buffer.alloc(32) })),
    ],
    [
      'a cut end',
      (chunks) =>
        chunks.map((chunk) =>
          chunk.chunk === 2 ? { ...chunk, data: chunk.data.subarray(1) } : chunk,
        ),
    ],
  ])('is refused with %s, and forgotten', (_, damage) => {
    const assembler = new SnapshotAssembler();
    const chunks = damage(chunksOf(three, 16));
    expect(() => {
      for (const chunk of chunks) assembler.accept(chunk);
    }).toThrow(WireError);
    expect(assembler.busy).toBe(false);
  });

  it('is refused when it grows beyond the bound', () => {
    const assembler = new SnapshotAssembler(40);
    expect(() => {
      for (const chunk of chunksOf(three, 16)) assembler.accept(chunk);
    }).toThrow(/larger than the 40 bytes/);
  });
});
