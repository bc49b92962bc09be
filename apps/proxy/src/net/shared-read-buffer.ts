/**
 * One buffer per process, into which all plain connections are read, one read at a time: the event
 * loop reads one socket after the other. Each read saves an allocation, two objects and a pass
 * through the stream implementation (see `onread` of node:net and
 * docs/adr/0008-reads-into-one-buffer.md).
 *
 * The bytes of a read are valid until its callback returns. Code that keeps a chunk longer,
 * including a write to a socket that is not ready, must copy it with {@link toKeep}.
 */
export const sharedReadBuffer: Buffer = Buffer.allocUnsafeSlow(65_536);

/**
 * Views for small reads, one per length. A view is valid during one read, so a later read of the
 * same length can reuse it.
 */
const views: (Buffer | undefined)[] = [];
const MAX_KEPT_VIEW_BYTES = 4_096;

/** The bytes of the current read, at the start of the buffer. */
export function viewOfRead(length: number): Buffer {
  if (length > MAX_KEPT_VIEW_BYTES) return sharedReadBuffer.subarray(0, length);
  return (views[length] ??= sharedReadBuffer.subarray(0, length));
}

/**
 * Maximum of bytes that a pending connection holds from earlier reads
 * (listener/pending-connection.ts).
 */
export const MAX_HELD_BYTES = 1_024;
/**
 * The area for reads of pending connections, after the space for the bytes of their earlier reads.
 */
export const readArea: Buffer = sharedReadBuffer.subarray(MAX_HELD_BYTES);

/**
 * Joins the held text, one byte per character, with the current read in `readArea`, without copying
 * the read.
 */
export function viewBehind(held: string, length: number): Buffer {
  const from = MAX_HELD_BYTES - held.length;
  if (held !== '') sharedReadBuffer.write(held, from, 'latin1');
  return sharedReadBuffer.subarray(from, MAX_HELD_BYTES + length);
}

const sharedMemory = sharedReadBuffer.buffer;

/** Whether the chunk is a view of the shared buffer. */
export function isView(chunk: Buffer): boolean {
  return chunk.buffer === sharedMemory;
}

/**
 * Returns bytes that stay valid: the chunk itself, or a copy when it is a view of the shared
 * buffer.
 */
export function toKeep(chunk: Buffer): Buffer {
  return isView(chunk) ? Buffer.from(chunk) : chunk;
}
