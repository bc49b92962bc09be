import { fromJSON } from '@grpc/proto-loader';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { descriptor } from './descriptor.ts';
import type { ControlFrame, NodeFrame } from './frames.ts';
import { WireError } from './wire-error.ts';

/**
 * The form in which the loader represents a message: the name of the frame in `frame`, and the
 * frame under that name.
 */
type LoadedMessage = Readonly<Record<string, unknown>> & { readonly frame?: string };
type Message = MessageTypeDefinition<object, LoadedMessage>;

const definitions = fromJSON(descriptor as unknown as Parameters<typeof fromJSON>[0], {
  longs: Number,
  defaults: true,
  oneofs: true,
});
const connectRequest = definitions['sluice.config.v1.ConnectRequest'] as unknown as Message;
const connectResponse = definitions['sluice.config.v1.ConnectResponse'] as unknown as Message;

/** Encodes a frame of a node. Throws a WireError when a revision is not a safe integer. */
export function encodeNodeFrame(frame: NodeFrame): Buffer {
  return encode(connectRequest, frame);
}

/** Decodes a frame of a node. Throws a WireError for other bytes. */
export function decodeNodeFrame(bytes: Buffer): NodeFrame {
  return decode(connectRequest, bytes) as NodeFrame;
}

/**
 * Encodes a frame of the control plane. A frame for many streams is encoded once: {@link
 * createConfigStreamServer} forwards the bytes. Throws a WireError when a revision is not a safe
 * integer.
 */
export function encodeControlFrame(frame: ControlFrame): Buffer {
  return encode(connectResponse, frame);
}

/** Decodes a frame of the control plane. Throws a WireError for other bytes. */
export function decodeControlFrame(bytes: Buffer): ControlFrame {
  return decode(connectResponse, bytes) as ControlFrame;
}

function encode(message: Message, frame: NodeFrame | ControlFrame): Buffer {
  if (frame.type === 'unknown') throw new WireError('an unknown frame cannot be sent');
  requireSafeRevisions(frame);
  return message.serialize({ [frame.type]: frame });
}

function decode(message: Message, bytes: Buffer): unknown {
  let loaded: LoadedMessage;
  try {
    loaded = message.deserialize(bytes);
  } catch (error) {
    throw new WireError('the message is not a frame of the config stream', error);
  }
  const type = loaded.frame;
  if (type === undefined) return { type: 'unknown' };
  const frame = { type, ...(loaded[type] as object) };
  requireSafeRevisions(frame);
  return frame;
}

/**
 * A revision is uint64 on the wire and a number in the code. One that a number cannot represent
 * exactly is refused and not rounded.
 */
function requireSafeRevisions(frame: object): void {
  const {
    revision = 0,
    fromRevision = 0,
    appliedRevision = 0,
    nackedRevision = 0,
  } = frame as Readonly<Record<string, unknown>>;
  for (const value of [revision, fromRevision, appliedRevision, nackedRevision]) {
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw new WireError(`${String(value)} is not a revision`);
  }
}
