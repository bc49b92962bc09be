/**
 * Texts in records: one byte with the length in UTF-8, then the bytes. UUIDs and digests of 32
 * bytes in hex are stored in binary.
 */
const uuidTag = 255;
const digestTag = 254;
const longTag = 253;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const digestForm = /^[0-9a-f]{64}$/;

/** Writes a text; returns the end. `bytes` must have room for it: three bytes per character, and 5. */
export function writeText(bytes: Buffer, start: number, text: string): number {
  if (text.length === 36 && uuidForm.test(text)) {
    bytes[start] = uuidTag;
    bytes.write(text.replaceAll('-', ''), start + 1, 'hex');
    return start + 17;
  }
  if (text.length === 64 && digestForm.test(text)) {
    bytes[start] = digestTag;
    bytes.write(text, start + 1, 'hex');
    return start + 33;
  }
  const length = Buffer.byteLength(text);
  if (length < longTag) {
    bytes[start] = length;
    return start + 1 + bytes.write(text, start + 1);
  }
  bytes[start] = longTag;
  bytes.writeUInt32LE(length, start + 1);
  return start + 5 + bytes.write(text, start + 5);
}

/** The end of the text that begins at `start`. */
export function endOfText(bytes: Buffer, start: number): number {
  const tag = bytes[start] as number;
  if (tag < longTag) return start + 1 + tag;
  if (tag === uuidTag) return start + 17;
  if (tag === digestTag) return start + 33;
  return start + 5 + bytes.readUInt32LE(start + 1);
}

/** Reads the text that begins at `start`. */
export function readText(bytes: Buffer, start: number): string {
  const tag = bytes[start] as number;
  if (tag < longTag) return bytes.toString('utf8', start + 1, start + 1 + tag);
  if (tag === longTag) return bytes.toString('utf8', start + 5, endOfText(bytes, start));
  const hex = bytes.toString('hex', start + 1, endOfText(bytes, start));
  if (tag === digestTag) return hex;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A hash of a written text, 32 bits. */
export function hashText(bytes: Buffer, start: number): number {
  const tag = bytes[start] as number;
  // The digits of a digest are evenly distributed already; those of a UUID may count upwards.
  if (tag === digestTag) return bytes.readUInt32LE(start + 1);
  const end = endOfText(bytes, start);
  let hash = 0x811c_9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x0100_0193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x85eb_ca6b) >>> 0;
}

/** Whether two written texts are the same. */
export function sameText(a: Buffer, aStart: number, b: Buffer, bStart: number): boolean {
  if (a[aStart] !== b[bStart]) return false;
  const end = endOfText(a, aStart);
  for (let at = aStart + 1, other = bStart + 1; at < end; at++, other++)
    if (a[at] !== b[other]) return false;
  return true;
}
