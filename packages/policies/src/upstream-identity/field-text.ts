/** The forms of a list in header lines. */
export type ListForm = 'comma' | 'json' | 'repeat';

/** Everything but printable ASCII, `%`, and spaces at the ends. */
const encoded = /[^\x20-\x24\x26-\x7e]|^ | $/gu;
/** The same in an element of a list with commas. */
const encodedInList = /[^\x20-\x24\x26-\x2b\x2d-\x7e]|^ | $/gu;
const notAscii = /[^\x20-\x7e]/g;

/**
 * The values of the lines of a field that tells `value`; none when there is nothing to tell.
 *
 * A text stays as it is, except that `%`, spaces at its ends and everything outside printable ASCII
 * are percent-encoded as UTF-8 (RFC 3986 section 2.1); in lists with commas, commas are encoded too.
 * Objects, and lists in the form `json`, are JSON with `\u` escapes instead of characters outside
 * ASCII.
 */
export function fieldLines(value: unknown, form: ListForm): readonly string[] {
  if (Array.isArray(value)) {
    const elements = (value as unknown[]).filter(isTellable);
    if (elements.length === 0) return [];
    if (form === 'json') return [asciiJson(elements)];
    if (form === 'repeat') return elements.map((element) => textOf(element, encoded));
    return [elements.map((element) => textOf(element, encodedInList)).join(', ')];
  }
  return isTellable(value) ? [textOf(value, encoded)] : [];
}

function isTellable(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function textOf(value: unknown, pattern: RegExp): string {
  if (typeof value === 'object') return asciiJson(value);
  return String(value).toWellFormed().replace(pattern, percentEncoded);
}

/** `encodeURIComponent` leaves no character of the pattern as it is. */
function percentEncoded(character: string): string {
  return encodeURIComponent(character);
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    notAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
