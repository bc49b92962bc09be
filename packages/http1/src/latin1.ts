/**
 * Heads are read and written as latin1, one character for each byte. This never fails and never
 * changes a byte.
 *
 * This is the only file that uses `latin1Slice` of Node's Buffer, which is not documented.
 * {@link checkLatin1} reports a version of Node without it before a request does.
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

/** All bytes as a string of the same length. */
export function textOf(bytes: Buffer): string {
  return (bytes as unknown as Latin1Source).latin1Slice(0, bytes.length);
}

/**
 * Checks that {@link latin1} works; call it when the process starts.
 * @throws Error when this version of Node decodes latin1 in another way
 */
export function checkLatin1(): void {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, code) => code));
  const { latin1Slice } = bytes as unknown as Partial<Latin1Source>;
  const expected = String.fromCharCode(...bytes.subarray(1, 256));
  if (typeof latin1Slice !== 'function' || latin1Slice.call(bytes, 1, 256) !== expected) {
    throw new Error(
      `Node ${process.version} has no Buffer.latin1Slice as Sluice expects: use the version that package.json names`,
    );
  }
}
