/**
 * One buffer that plain connections are read into, one read at a time: an allocation, two objects and a pass through the
 * stream machinery less for every read (see `onread` of node:net, and docs/adr/0008-reads-into-one-buffer.md).
 *
 * A read is over when its callback returns. So whoever keeps a chunk beyond that, and be it only by writing it to a
 * socket that is not ready, takes a copy with {@link toKeep}.
 */
export const sharedReadBuffer: Buffer = Buffer.allocUnsafeSlow(65_536);

/** Views of small reads, one for each length: a view is over when its read is, so it can serve the next read as long as it. */
const views: (Buffer | undefined)[] = [];
const MAX_KEPT_VIEW_BYTES = 4_096;

/** The bytes of a read that has just filled the beginning of the buffer. */
export function viewOfRead(length: number): Buffer {
  if (length > MAX_KEPT_VIEW_BYTES) return sharedReadBuffer.subarray(0, length);
  return (views[length] ??= sharedReadBuffer.subarray(0, length));
}

/** The most that can be held of what a pending has sent before (pending.ts). */
export const MAX_HELD_BYTES = 1_024;
/** Where reads of pendingConnections go: behind a place for what came before them. */
export const readArea: Buffer = sharedReadBuffer.subarray(MAX_HELD_BYTES);

/** What was held, one character per byte, and the read that has just filled the beginning of the area behind it, in one piece. */
export function viewBehind(held: string, length: number): Buffer {
  const from = MAX_HELD_BYTES - held.length;
  if (held !== '') sharedReadBuffer.write(held, from, 'latin1');
  return sharedReadBuffer.subarray(from, MAX_HELD_BYTES + length);
}

const sharedMemory = sharedReadBuffer.buffer;

/** Whether the chunk is a view into the shared buffer. */
export function isView(chunk: Buffer): boolean {
  return chunk.buffer === sharedMemory;
}

/** The bytes, for keeping: the chunk itself, or a copy when it is a view into the shared buffer. */
export function toKeep(chunk: Buffer): Buffer {
  return isView(chunk) ? Buffer.from(chunk) : chunk;
}
