import type { Socket } from 'node:net';
import { writeAtEndOfTurn, type EndOfTurnTask } from './end-of-turn.ts';
import { isView, toKeep } from './shared-read-buffer.ts';
import { pooledCopy } from './write-buffers.ts';

/**
 * Content up to this size is copied to a new buffer; larger content uses the reusable write
 * buffers.
 */
const MAX_KEPT_BYTES = 8 * 1024;
/** Longer text is written at once instead of at the end of the turn. */
const MAX_WAITING_BYTES = 32 * 1024;

/**
 * Writes messages to a socket, counts their bytes, and tracks backpressure.
 *
 * Invariants
 * - Text is written at the end of the turn, so that each turn needs one write. The order is kept:
 *   content is written with the text before it, and code that writes to the socket directly must
 *   call `flush` first.
 * - Text that is pending when the socket is destroyed is not sent.
 */
export class SocketWriter implements EndOfTurnTask {
  /** Bytes written for the current exchange. */
  bytesSent = 0;
  /** Whether the peer does not keep up with reading, until the 'drain' event of the socket. */
  blocked = false;
  nextAtEnd: EndOfTurnTask | undefined = undefined;
  private readonly socket: Socket;
  private readonly onBlocked: () => void;
  private waiting = '';
  private isQueued = false;

  constructor(socket: Socket, onBlocked: () => void) {
    this.socket = socket;
    this.onBlocked = onBlocked;
  }

  /** Sends text of one byte per character. Returns false when the peer does not keep up. */
  send(text: string): boolean {
    this.bytesSent += text.length;
    this.waiting += text;
    if (this.waiting.length > MAX_WAITING_BYTES) return this.flush();
    if (!this.isQueued) {
      this.isQueued = true;
      writeAtEndOfTurn(this);
    }
    return !this.blocked;
  }

  /** Sends a piece of content between two texts as one write. */
  sendContent(before: string, chunk: Buffer, after: string): boolean {
    const { socket } = this;
    this.bytesSent += before.length + chunk.length + after.length;
    const ahead = this.waiting + before;
    this.waiting = '';
    if (ahead === '' && after === '') return this.note(this.writeChunk(chunk));
    socket.cork();
    if (ahead !== '') socket.write(ahead, 'latin1');
    let accepted = this.writeChunk(chunk);
    if (after !== '') accepted = socket.write(after, 'latin1');
    socket.uncork();
    return this.note(accepted);
  }

  /** Writes the pending text to the socket now. Returns false when the peer does not keep up. */
  flush(): boolean {
    const { waiting, socket } = this;
    if (waiting === '') return !this.blocked;
    this.waiting = '';
    return socket.destroyed ? false : this.note(socket.write(waiting, 'latin1'));
  }

  endOfTurn(): void {
    this.isQueued = false;
    this.flush();
  }

  private writeChunk(chunk: Buffer): boolean {
    if (chunk.length <= MAX_KEPT_BYTES || !isView(chunk)) return this.socket.write(toKeep(chunk));
    const { bytes, release } = pooledCopy(chunk);
    return this.socket.write(bytes, release);
  }

  private note(accepted: boolean): boolean {
    if (!accepted && !this.blocked) {
      this.blocked = true;
      this.onBlocked();
    }
    return accepted;
  }
}
