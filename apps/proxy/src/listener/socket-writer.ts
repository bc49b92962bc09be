import type { Socket } from 'node:net';
import { toKeep } from './shared-read-buffer.ts';

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
    const kept = toKeep(chunk);
    this.bytesSent += before.length + chunk.length + after.length;
    if (before === '' && after === '') return this.note(socket.write(kept));
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    let accepted = socket.write(kept);
    if (after !== '') accepted = socket.write(after, 'latin1');
    socket.uncork();
    return this.note(accepted);
  }

  private note(accepted: boolean): boolean {
    if (!accepted && !this.blocked) {
      this.blocked = true;
      this.onBlocked();
    }
    return accepted;
  }
}
