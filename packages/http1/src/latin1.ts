/**
 * Heads are read and written as latin1, one character for each byte. This never fails and never
 * changes a byte.
 */

interface Latin1Source {
  latin1Slice(start: number, end: number): string;
}

/**
 * The bytes from `start` to `end` as a string of the same length. Skips the argument checks of
 * `toString`.
 */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as Latin1Source).latin1Slice(start, end);
}
