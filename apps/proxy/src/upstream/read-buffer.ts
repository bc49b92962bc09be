import type { Socket } from 'node:net';
import { toKeep } from '../net/shared-read-buffer.ts';

const NO_BYTES = Buffer.alloc(0);

/** A parser that reads from a buffer and returns the position behind what it has consumed. */
interface BytesConsumer {
  consume(bytes: Buffer, at: number): number;
}

/**
 * The bytes that were read from a socket and not parsed yet. Pauses the socket so that they do not
 * accumulate.
 */
export class ReadBuffer {
  private readonly socket: Socket;
  private bytes: Buffer = NO_BYTES;
  private at = 0;
  private isPaused = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get isEmpty(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Adds what was read from the socket. Returns false when earlier bytes are still unread. */
  add(chunk: Buffer): boolean {
    const wasEmpty = this.isEmpty;
    this.bytes = wasEmpty ? chunk : Buffer.concat([this.bytes.subarray(this.at), chunk]);
    this.at = 0;
    return wasEmpty;
  }

  /** Lets the parser consume bytes until it has something to report or needs more. */
  consume(parser: BytesConsumer): void {
    this.at = parser.consume(this.bytes, this.at);
  }

  /**
   * Copies the unread bytes out of the shared read buffer, which the next read overwrites, and
   * returns them.
   */
  keep(): Buffer {
    if (this.isEmpty) return NO_BYTES;
    this.bytes = toKeep(this.bytes.subarray(this.at));
    this.at = 0;
    return this.bytes;
  }

  /** Drops all bytes, and with them the reference to their buffer. */
  clear(): void {
    this.bytes = NO_BYTES;
    this.at = 0;
  }

  /** Stops reading from the socket. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  /** Reads from the socket again after `pause`. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }
}
