/**
 * HeldBytes: the bytes of a head that did not arrive in one read.
 *
 * Invariants: never holds more than the cap its caller states, which the size limits of the head
 * bound; memory beyond RETAINED_BYTES is given back between messages; a connection whose heads
 * arrive whole allocates nothing.
 */
const INITIAL_BYTES = 1024;
const RETAINED_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

export class HeldBytes {
  /** The first `length` bytes are held; what follows them is stale. */
  bytes: Buffer = NOTHING;
  length = 0;

  /** Copies bytes of `chunk` from `at` on, as far as the cap allows. */
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
