/**
 * Allocates bytes that stay for long, set to zero. A buffer with a maximum length is mapped by the
 * kernel in pages of its own: it leaves no holes between the short-lived buffers in the memory of
 * `malloc`, which that could not return, and what was never written takes no memory.
 */
export function mappedBytes(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length, { maxByteLength: length }), 0, length);
}
