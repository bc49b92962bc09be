import { charCodeAt } from '../char-code.ts';

/** The largest number of non-empty list members (W3C Trace Context Level 2, section 2.3.1.1). */
const maxMembers = 32;
/** The largest number of characters of a key, and of a value. */
const maxChars = 256;
const tab = 0x09;
const space = 0x20;
const comma = 0x2c;
const equals = 0x3d;

/** By character code: 1 may begin a key, 1 and 2 may be part of one. */
const keyChars = new Uint8Array(128);
for (const char of 'abcdefghijklmnopqrstuvwxyz0123456789') keyChars[char.charCodeAt(0)] = 1;
for (const char of '_-*/@') keyChars[char.charCodeAt(0)] = 2;

/**
 * Whether the value of a `tracestate` field can be forwarded (W3C Trace Context Level 2, section
 * 2.3.1). Its list members are `key=value`: a key of up to 256 lower-case letters, digits and
 * `_-*@/` that begins with a letter or a digit, and a value of up to 256 printable ASCII characters
 * without `,` and `=`, not ending in a space. Empty members and white space around members are
 * allowed, but a list of only these is not forwarded. A duplicate key does not invalidate the list.
 * Takes the combined value when the field was received in several lines.
 */
export function isValidTracestate(value: string): boolean {
  const { length } = value;
  let members = 0;
  for (let from = 0; from <= length;) {
    let end = from;
    while (end < length && charCodeAt(value, end) !== comma) end++;
    const next = end + 1;
    while (from < end && isWhiteSpace(charCodeAt(value, from))) from++;
    while (end > from && isWhiteSpace(charCodeAt(value, end - 1))) end--;
    if (from < end) {
      if (++members > maxMembers || !isMember(value, from, end)) return false;
    }
    from = next;
  }
  return members > 0;
}

function isMember(value: string, from: number, end: number): boolean {
  if (keyChars[charCodeAt(value, from)] !== 1) return false;
  let at = from + 1;
  while (at < end && charCodeAt(value, at) !== equals) {
    if ((keyChars[charCodeAt(value, at)] ?? 0) === 0) return false;
    at++;
  }
  const valueLength = end - at - 1;
  if (at - from > maxChars || valueLength < 1 || valueLength > maxChars) return false;
  for (at++; at < end; at++) {
    const code = charCodeAt(value, at);
    if (code < space || code > 0x7e || code === equals) return false;
  }
  return true;
}

const isWhiteSpace = (code: number): boolean => code === space || code === tab;
