/** One element of DER (X.690): its tag and where its content is in the bytes. */
export interface DerElement {
  readonly tag: number;
  /** Where the element begins. */
  readonly at: number;
  /** Where its content begins. */
  readonly start: number;
  /** Where it ends, and the next one begins. */
  readonly end: number;
}

export const tags = Object.freeze({
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  context0: 0xa0,
});

/**
 * Reads the element at a position.
 * @param limit where the enclosing element ends
 * @throws RangeError when it is not well-formed DER, or ends after the limit
 */
export function derElement(bytes: Uint8Array, at: number, limit: number): DerElement {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (at + 2 > limit || tag === undefined || first === undefined || (tag & 0x1f) === 0x1f)
    throw new RangeError('an element is not complete');
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || start + count > limit)
      throw new RangeError('an element has no valid length');
    length = 0;
    for (const byte of bytes.subarray(start, start + count)) length = length * 256 + byte;
    start += count;
    // DER has one way to write each length.
    if (length < 0x80 || length < 256 ** (count - 1))
      throw new RangeError('a length is not in its shortest form');
  }
  const end = start + length;
  if (end > limit) throw new RangeError('an element is longer than the enclosing one');
  return { tag, at, start, end };
}

/** The elements within another one. */
export function* derChildren(bytes: Uint8Array, { start, end }: DerElement): Generator<DerElement> {
  for (let at = start; at < end;) {
    const element = derElement(bytes, at, end);
    yield element;
    at = element.end;
  }
}

/** The content of an element. */
export function contentOf(bytes: Uint8Array, { start, end }: DerElement): Uint8Array {
  return bytes.subarray(start, end);
}

/** The dotted form of an object identifier. */
export function oidOf(bytes: Uint8Array, element: DerElement): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of contentOf(bytes, element)) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [head = 0, ...rest] = arcs;
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - first * 40, ...rest].join('.');
}

/**
 * Milliseconds since the epoch of a UTCTime or GeneralizedTime in the form of RFC 5280 section
 * 4.1.2.5.
 * @throws RangeError for other forms
 */
export function timeOf(bytes: Uint8Array, element: DerElement): number {
  const text = Buffer.from(contentOf(bytes, element)).toString('latin1');
  const isShort = element.tag === tags.utcTime;
  const century = Number(text.slice(0, 2)) < 50 ? '20' : '19';
  const digits = isShort ? `${century}${text}` : text;
  const form = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
  const atMs = Date.parse(digits.replace(form, '$1-$2-$3T$4:$5:$6Z'));
  if (!form.test(digits) || Number.isNaN(atMs)) throw new RangeError('a date is not valid');
  return atMs;
}
