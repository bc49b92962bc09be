import type { Socket } from 'node:net';
import { isView, toKeep } from './shared-read-buffer.ts';
import { lendCopy } from './write-buffers.ts';

/** Content up to this size is copied to where it goes, and left to the garbage collector. */
const MAX_KEPT_BYTES = 8 * 1024;

/** Writes messages to a socket: one write each, bytes counted, and it is known whether the other side keeps up. */
export class SocketWriter {
  /** Bytes of the exchange under way. */
  bytesSent = 0;
  /** The other side does not take what is written; 'drain' of the socket ends it. */
  blocked = false;
  private readonly socket: Socket;
  private readonly onBlocked: () => void;

  constructor(socket: Socket, onBlocked: () => void) {
    this.socket = socket;
    this.onBlocked = onBlocked;
  }

  /** Writes text of one byte per character. False when the other side does not keep up. */
  send(text: string): boolean {
    this.bytesSent += text.length;
    return this.note(this.socket.write(text, 'latin1'));
  }

  /** Writes a piece of content between two texts, in one go. */
  sendContent(before: string, chunk: Buffer, after: string): boolean {
    const { socket } = this;
    this.bytesSent += before.length + chunk.length + after.length;
    if (before === '' && after === '') return this.note(this.writeChunk(chunk));
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    let accepted = this.writeChunk(chunk);
    if (after !== '') accepted = socket.write(after, 'latin1');
    socket.uncork();
    return this.note(accepted);
  }

  private writeChunk(chunk: Buffer): boolean {
    if (chunk.length <= MAX_KEPT_BYTES || !isView(chunk)) return this.socket.write(toKeep(chunk));
    const { bytes, giveBack } = lendCopy(chunk);
    return this.socket.write(bytes, giveBack);
  }

  private note(accepted: boolean): boolean {
    if (!accepted && !this.blocked) {
      this.blocked = true;
      this.onBlocked();
    }
    return accepted;
  }
}
