import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { closeFrame, WebSocketFrames } from './websocket-frames.ts';

/** A frame with a payload of this length (RFC 6455 section 5.2). */
function frame(length: number, isMasked: boolean): Buffer {
  const head = [
    0x82,
    (isMasked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127),
  ];
  const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  return Buffer.concat([Buffer.from(head), extended, Buffer.alloc((isMasked ? 4 : 0) + length, 1)]);
}

const frameOf = fc
  .record({
    length: fc.oneof(fc.nat(200), fc.constantFrom(125, 126, 127, 65_535, 65_536)),
    isMasked: fc.boolean(),
  })
  .map(({ length, isMasked }) => frame(length, isMasked));

describe('WebSocketFrames', () => {
  it('finds the end of the current frame, however the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(frameOf, { minLength: 1, maxLength: 4 }), fc.nat(), (all, cut) => {
        const bytes = Buffer.concat(all);
        const ends = all.map((_, index) => Buffer.concat(all.slice(0, index + 1)).length);
        const at = cut % (bytes.length + 1);
        const frames = new WebSocketFrames();
        frames.pass(bytes.subarray(0, at));
        expect(frames.isBetween).toBe(at === 0 || ends.includes(at));
        const end = ends.find((position) => position >= at) ?? at;
        expect(frames.passToEnd(bytes.subarray(at))).toBe(at === 0 ? 0 : end - at);
        expect(frames.isBetween).toBe(true);
      }),
    );
  });

  it('reads headers byte by byte', () => {
    const frames = new WebSocketFrames();
    const bytes = frame(70_000, true);
    for (let at = 0; at < bytes.length; at++) {
      expect(frames.isBetween).toBe(at === 0);
      frames.pass(bytes.subarray(at, at + 1));
    }
    expect(frames.isBetween).toBe(true);
  });

  it('closeFrame has the status code and a reason of at most 123 bytes', () => {
    expect(closeFrame(1008, 'no')).toEqual(Buffer.from([0x88, 4, 0x03, 0xf0, 0x6e, 0x6f]));
    expect(closeFrame(1000, 'x'.repeat(200))[1]).toBe(125);
  });
});
