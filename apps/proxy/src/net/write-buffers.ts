/**
 * Reusable buffers for content that is being written to a socket. Without them, every read of large
 * content would leave 64 KiB of external memory as garbage, which makes the garbage collector mark
 * the heap several times per second.
 *
 * Invariant: a buffer belongs to one write at a time and is returned when the socket reports the
 * end or failure of the write.
 */
import { sharedReadBuffer } from './shared-read-buffer.ts';

/** Number of buffers that are kept, 8 MiB in total; further ones are garbage after their write. */
const MAX_FREE = 128;
/** One list per process: the bound on its memory includes the connections of all listeners. */
const free: Buffer[] = [];

/** A copy of bytes in a buffer of the pool. */
export interface PooledCopy {
  readonly bytes: Buffer;
  /** Returns the buffer to the pool. Called once, when `bytes` is no longer read. */
  readonly release: () => void;
}

/** Copies a chunk, at most as large as one read, into a buffer of the pool. */
export function pooledCopy(chunk: Buffer): PooledCopy {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(sharedReadBuffer.length);
  chunk.copy(buffer);
  return {
    bytes: buffer.subarray(0, chunk.length),
    release: () => {
      if (free.length < MAX_FREE) free.push(buffer);
    },
  };
}
