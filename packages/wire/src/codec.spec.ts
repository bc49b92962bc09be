import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeControlFrame,
  decodeNodeFrame,
  encodeControlFrame,
  encodeNodeFrame,
} from './codec.ts';
import { descriptor } from './descriptor.ts';
import { descriptorPath, descriptorSource } from './descriptor-source.ts';
import type { ControlFrame, NodeFrame } from './frames.ts';
import { WireError } from './wire-error.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const revision = fc.maxSafeNat();
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const fault = fc.record({
  kind: text,
  id: text,
  name: text,
  pointer: text,
  code: text,
  reason: text,
});
const typed = <T extends string, R extends object>(
  type: T,
  fields: { [K in keyof R]: fc.Arbitrary<R[K]> },
) => fc.record({ type: fc.constant(type), ...fields });

const nodeFrames = {
  hello: typed('hello', {
    nodeId: text,
    gateway: text,
    version: text,
    policies: fc.array(text),
    epoch: text,
    revision,
    setHash: bytes,
    appliedRevision: revision,
    nackedRevision: revision,
    bootId: text,
    kinds: fc.array(text),
    schemaLevel: fc.nat(),
    faults: fc.array(fault),
  }),
  ack: typed('ack', { revision, quarantined: fc.array(fault) }),
  nack: typed('nack', { revision, faults: fc.array(fault) }),
  status: typed('status', {
    draining: fc.boolean(),
    targets: fc.array(fc.record({ service: text, address: text, healthy: fc.boolean() })),
    appliedRevision: revision,
  }),
  credentialReport: typed('credentialReport', {
    uses: fc.array(fc.record({ credentialId: text, secondsAgo: fc.nat() })),
    rehashes: fc.array(fc.record({ credentialId: text, replaced: bytes, hash: text })),
  }),
};
const controlFrames = {
  snapshot: typed('snapshot', {
    epoch: text,
    revision,
    chunk: fc.nat(),
    chunks: fc.nat(),
    data: bytes,
    checksum: bytes,
    setHash: bytes,
  }),
  delta: typed('delta', {
    fromRevision: revision,
    revision,
    changes: fc.array(fc.record({ kind: text, id: text, json: text })),
    setHash: bytes,
    merged: fc.boolean(),
    traceparents: fc.array(text),
  }),
  heartbeat: typed('heartbeat', { revision, setHash: bytes }),
  drain: typed('drain', { reason: text }),
};

describe('codec', () => {
  it('reads a delta of a control plane that knows nothing of traces', () => {
    const frame: ControlFrame = {
      type: 'delta',
      fromRevision: 1,
      revision: 2,
      changes: [],
      setHash: Buffer.alloc(32),
      merged: false,
    };
    expect(decodeControlFrame(encodeControlFrame(frame))).toEqual({ ...frame, traceparents: [] });
  });

  it('brings back every frame of a node', () => {
    fc.assert(
      fc.property(fc.oneof(...Object.values(nodeFrames)), (frame) => {
        expect(decodeNodeFrame(encodeNodeFrame(frame as NodeFrame))).toEqual(frame);
      }),
    );
  });

  it('brings back every frame of the control plane', () => {
    fc.assert(
      fc.property(fc.oneof(...Object.values(controlFrames)), (frame) => {
        expect(decodeControlFrame(encodeControlFrame(frame as ControlFrame))).toEqual(frame);
      }),
    );
  });

  it('knows every frame and every field of the proto file', () => {
    const messages: Readonly<Record<string, unknown>> =
      descriptor.nested.sluice.nested.config.nested.v1.nested;
    const fieldsOf = (message: string): string[] =>
      Object.keys((messages[message] as { fields: object }).fields).sort();
    expect(fieldsOf('ConnectRequest')).toEqual(Object.keys(nodeFrames).sort());
    expect(fieldsOf('ConnectResponse')).toEqual(Object.keys(controlFrames).sort());
    for (const [type, frame] of Object.entries({ ...nodeFrames, ...controlFrames })) {
      const [sample] = fc.sample<object>(frame, 1);
      const fields = Object.keys(sample ?? {}).filter((field) => field !== 'type');
      expect(fields.sort()).toEqual(fieldsOf(`${type.charAt(0).toUpperCase()}${type.slice(1)}`));
    }
  });

  it('refuses revisions that a number cannot hold', () => {
    const frame = { type: 'ack', quarantined: [] } as const;
    for (const revision of [Number.MAX_SAFE_INTEGER + 1, -1, 1.5, Number.NaN]) {
      expect(() => encodeNodeFrame({ ...frame, revision })).toThrow(WireError);
    }
    // Field 2 (ack), length 11: field 1 (revision), the varint of 2^64 - 1.
    const tooLarge = Buffer.from([
      0x12, 0x0b, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ]);
    expect(() => decodeNodeFrame(tooLarge)).toThrow(WireError);
  });

  it('answers "unknown" to a frame of a newer peer', () => {
    const field200 = Buffer.from([0xc2, 0x0c, 0x00]);
    expect(decodeControlFrame(field200)).toEqual({ type: 'unknown' });
    expect(decodeNodeFrame(field200)).toEqual({ type: 'unknown' });
    expect(() => encodeNodeFrame({ type: 'unknown' })).toThrow(WireError);
  });

  it('never throws anything but a WireError, whatever arrives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (array) => {
        for (const decode of [decodeControlFrame, decodeNodeFrame]) {
          try {
            decode(Buffer.from(array));
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
    );
  });
});

describe('descriptor', () => {
  it('is what the proto file says; run node packages/wire/src/descriptor-source.ts after changing it', () => {
    expect(readFileSync(descriptorPath, 'utf8')).toBe(descriptorSource());
  });
});
