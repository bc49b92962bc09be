/**
 * Buffers that content is copied to while a socket takes it, used again and again. Without them every read of a large body
 * would leave 64 KiB behind that the garbage collector counts as pressure: it then marks the heap several times a second.
 *
 * Invariant: a buffer is lent to one write at a time, and comes back when the socket reports that write done, well or not.
 */
import { sharedReadBuffer } from './shared-read-buffer.ts';

/** More of them at the same time are made, and left to the garbage collector afterwards: 8 MiB are kept. */
const MAX_FREE = 128;
const free: Buffer[] = [];

/** A copy of bytes, on loan. */
export interface LentCopy {
  readonly bytes: Buffer;
  /** To be called once, when nobody reads `bytes` any more. */
  readonly giveBack: () => void;
}

/** Copies a chunk that is no larger than a read. */
export function lendCopy(chunk: Buffer): LentCopy {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(sharedReadBuffer.length);
  chunk.copy(buffer);
  return {
    bytes: buffer.subarray(0, chunk.length),
    giveBack: () => {
      if (free.length < MAX_FREE) free.push(buffer);
    },
  };
}
