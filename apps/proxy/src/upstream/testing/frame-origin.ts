import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  frameTypes,
  readFrames,
  type Frame,
} from '../../edge/testing/http2-frames.ts';
import { RawOrigin } from './raw-origin.ts';
import type { Socket } from 'node:net';

const PREFACE_BYTES = 24;

/** One connection of a {@link FrameOrigin}. */
export class FrameConnection {
  readonly number: number;
  readonly socket: Socket;
  /** Content by stream. */
  readonly contents = new Map<number, string>();

  constructor(number: number, socket: Socket) {
    this.number = number;
    this.socket = socket;
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  answer(streamId: number, content = 'hello'): void {
    this.send(
      frame(frameTypes.headers, END_HEADERS, streamId, fieldBlock([[':status', '200']])),
      frame(frameTypes.data, END_STREAM, streamId, Buffer.from(content)),
    );
  }

  /** The stream was not processed. @param code 7 is REFUSED_STREAM */
  reset(streamId: number, code = 7): void {
    this.send(frame(frameTypes.rstStream, 0, streamId, uint32(code)));
  }

  goaway(lastStreamId: number, code = 0): void {
    this.send(frame(frameTypes.goaway, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code)])));
  }
}

/** An HTTP/2 server (plaintext) that sends frames that no library would send. Tests only. */
export class FrameOrigin {
  readonly connections: readonly FrameConnection[];
  private readonly origin: RawOrigin;

  private constructor(origin: RawOrigin, connections: readonly FrameConnection[]) {
    this.origin = origin;
    this.connections = connections;
  }

  /** @param behave is called for each frame of a stream, after its content was collected */
  static async start(
    behave: (connection: FrameConnection, frame: Frame) => void,
  ): Promise<FrameOrigin> {
    const connections: FrameConnection[] = [];
    const origin = await RawOrigin.start(({ socket }) => {
      const connection = new FrameConnection(connections.length + 1, socket);
      connections.push(connection);
      connection.send(frame(frameTypes.settings, 0, 0));
      let bytes = Buffer.alloc(0);
      let isBegun = false;
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (!isBegun && bytes.length < PREFACE_BYTES) return;
        if (!isBegun) bytes = bytes.subarray(PREFACE_BYTES);
        isBegun = true;
        for (const each of readFrames(bytes)) {
          bytes = bytes.subarray(9 + each.payload.length);
          if (each.type === frameTypes.settings && (each.flags & 1) === 0)
            connection.send(frame(frameTypes.settings, 1, 0));
          const { length } = each.payload;
          if (length > 0 && each.type === frameTypes.data)
            for (const id of [0, each.streamId])
              connection.send(frame(frameTypes.windowUpdate, 0, id, uint32(length)));
          if (each.type === frameTypes.data)
            connection.contents.set(
              each.streamId,
              (connection.contents.get(each.streamId) ?? '') + each.payload.toString('latin1'),
            );
          if (each.type === frameTypes.data || each.type === frameTypes.headers)
            behave(connection, each);
        }
      });
    });
    return new FrameOrigin(origin, connections);
  }

  get address(): string {
    return this.origin.address;
  }

  stop(): void {
    this.origin.stop();
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
