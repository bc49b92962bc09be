import { isView } from '../../net/shared-read-buffer.ts';
import type { BufferBudget } from './buffer-budget.ts';

/** Smaller chunks are copied together: each object of its own would cost more than its bytes. */
const SMALL_BYTES = 4_096;
const MIN_SLAB_BYTES = 1_024;
const MAX_SLAB_BYTES = 16_384;

/**
 * The bytes of one message that are held, and their share of the budget. The memory counted is the
 * memory used: many small chunks, or slices of large buffers, take no more than what was counted.
 */
export class HeldBytes {
  chunks: Buffer[] = [];
  /** Bytes of content. */
  length = 0;
  private readonly budget: BufferBudget;
  private readonly caller: string;
  private counted = 0;
  /** The last chunk is a view of its first `filled` bytes. */
  private slab: Buffer | undefined = undefined;
  private filled = 0;

  constructor(budget: BufferBudget, caller: string) {
    this.budget = budget;
    this.caller = caller;
  }

  /**
   * Holds a chunk, in any case.
   * @returns false when the budget was exceeded: no more content must be read
   */
  add(chunk: Buffer): boolean {
    const { length } = chunk;
    this.length += length;
    if (length >= SMALL_BYTES) {
      this.slab = undefined;
      // A slice would keep the whole buffer that it is a slice of.
      const isSlice = isView(chunk) || chunk.buffer.byteLength > 2 * length;
      this.chunks.push(isSlice ? joined([chunk], length) : chunk);
      return this.count(length);
    }
    const { slab, filled } = this;
    if (slab !== undefined && filled + length <= slab.length) {
      chunk.copy(slab, filled);
      this.filled += length;
      this.chunks[this.chunks.length - 1] = slab.subarray(0, this.filled);
      return true;
    }
    const size = Math.max(MIN_SLAB_BYTES, Math.min(this.length, MAX_SLAB_BYTES), length);
    const fresh = Buffer.allocUnsafeSlow(size);
    chunk.copy(fresh);
    this.slab = fresh;
    this.filled = length;
    this.chunks.push(fresh.subarray(0, length));
    return this.count(size);
  }

  /** Holds these bytes instead. Returns false, and holds nothing, when the budget is exceeded. */
  replace(bytes: Buffer): boolean {
    this.free();
    if (!this.budget.take(this.caller, bytes.length)) return false;
    this.counted = bytes.length;
    this.chunks = bytes.length === 0 ? [] : [bytes];
    this.length = bytes.length;
    return true;
  }

  /** All bytes as one buffer. */
  joined(): Buffer {
    if (this.chunks.length > 1) {
      this.chunks = [joined(this.chunks, this.length)];
      this.slab = undefined;
    }
    return this.chunks[0] ?? NOTHING;
  }

  free(): void {
    this.budget.give(this.caller, this.counted);
    this.counted = 0;
    this.chunks = [];
    this.length = 0;
    this.slab = undefined;
  }

  private count(bytes: number): boolean {
    this.counted += bytes;
    if (this.budget.take(this.caller, bytes)) return true;
    this.budget.count(this.caller, bytes);
    return false;
  }
}

/** Copies the chunks to memory of their own: the pool of Buffer would keep more than is counted. */
function joined(chunks: readonly Buffer[], length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(bytes, at);
  return bytes;
}

const NOTHING = Buffer.alloc(0);
