import type { Socket } from 'node:net';
import { writeAtEndOfTurn, type EndOfTurnTask } from './end-of-turn.ts';
import { isView, toKeep } from './shared-read-buffer.ts';
import { lendCopy } from './write-buffers.ts';

/** Content up to this size is copied to where it goes, and left to the garbage collector. */
const MAX_KEPT_BYTES = 8 * 1024;
/** More text than this does not wait for the end of the turn. */
const MAX_WAITING_BYTES = 32 * 1024;

/**
 * Writes messages to a socket: bytes counted, and it is known whether the other side keeps up.
 *
 * Invariants
 * - Text waits for the end of the turn, so that what one turn sends leaves in one write. It keeps its place: content takes
 *   the text before it along, and whoever uses the socket himself calls `flush` first.
 * - Text that waits when the socket is destroyed is not sent.
 */
export class SocketWriter implements EndOfTurnTask {
  /** Bytes of the exchange under way. */
  bytesSent = 0;
  /** The other side does not take what is written; 'drain' of the socket ends it. */
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

  /** Sends text of one byte per character. False when the other side does not keep up. */
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

  /** Sends a piece of content between two texts, in one go. */
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

  /** Hands what waits to the socket now. False when the other side does not keep up. */
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
