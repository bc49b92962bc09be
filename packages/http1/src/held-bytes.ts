/**
 * HeldBytes: the bytes of a head that did not arrive in one read.
 *
 * Invariants: it never keeps more than its caller's limit, which follows from the size limits of
 * the head; memory beyond RETAINED_BYTES is freed between messages; a connection whose heads arrive
 * in one read allocates nothing.
 */
const INITIAL_BYTES = 1024;
const RETAINED_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

export class HeldBytes {
  /** The first `length` bytes are in use; the rest is stale. */
  bytes: Buffer = NOTHING;
  length = 0;

  /** Copies the bytes of `chunk` from `at`, as far as the limit allows. */
  append(chunk: Buffer, at: number, cap: number): void {
    const taken = Math.min(chunk.length - at, cap - this.length);
    const needed = this.length + taken;
    if (needed > this.bytes.length) {
      let capacity = Math.max(INITIAL_BYTES, this.bytes.length * 2);
      while (capacity < needed) capacity *= 2;
      const larger = Buffer.allocUnsafe(capacity);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.length, at, at + taken);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > RETAINED_BYTES) this.bytes = NOTHING;
  }
}
