/**
 * Byte classes of RFC 9110 and RFC 9112 as 256-entry tables, so that every scan costs one table
 * look-up per byte.
 *
 * Invariant: the tables do not change after this module has loaded.
 */
import { charCodeAt } from './char-code.ts';

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const HASH = 0x23;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION = 0x3f;
export const BACKSLASH = 0x5c;
export const DQUOTE = 0x22;
const DEL = 0x7f;

const TOKEN_SYMBOLS = "!#$%&'*+-.^_`|~";

function isAlphaNumeric(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a)
  );
}

function table(valueOf: (code: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => valueOf(code));
}

function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}

/** ASCII lower case of a byte; every other byte maps to itself. */
export const LOWER = table(lowerCase);

/**
 * ASCII lower case with `-` for `_` and `.`, which many servers treat as the same character in a
 * field name.
 */
export const PLAIN = table((code) => (code === 0x5f || code === DOT ? 0x2d : lowerCase(code)));

/**
 * `tchar` of RFC 9110 section 5.6.2: the lower-cased byte, or 0 when the byte is not allowed in a
 * token.
 */
export const TOKEN = table((code) =>
  isAlphaNumeric(code) || TOKEN_SYMBOLS.includes(String.fromCharCode(code)) ? lowerCase(code) : 0,
);

/**
 * Token bytes except `_` and `.`. A name of only these needs no alias check; scans stop at the
 * others and take the slow path.
 */
export const PLAIN_NAME = table((code) => (code === 0x5f || code === DOT ? 0 : (TOKEN[code] ?? 0)));

/** Bytes of a field value (RFC 9110 section 5.5): HTAB, SP, VCHAR and obs-text. */
export const FIELD_VALUE = table((code) => (code === HTAB || (code >= SP && code !== DEL) ? 1 : 0));

/**
 * Bytes that a request target may contain: visible ASCII without `#` (a fragment is never sent, RFC
 * 9112 section 3.2).
 */
export const TARGET = table((code) => (code > SP && code < DEL && code !== HASH ? 1 : 0));

/** The meaning of a byte in the path of a request target. */
export const PATH_END = 0;
export const PATH_PLAIN = 1;
export const PATH_SLASH = 2;
export const PATH_DOT = 3;
export const PATH_QUESTION = 4;
/** Allowed in a path, but not in its normal form, or only after a further check. */
const PATH_UNUSUAL = 5;

/**
 * Kinds of bytes in a path: `pchar` of RFC 3986 except escapes is plain, and a byte that TARGET
 * does not allow ends the path.
 */
export const PATH_KIND = table((code) => {
  if (TARGET[code] === 0) return PATH_END;
  if (code === SLASH) return PATH_SLASH;
  if (code === DOT) return PATH_DOT;
  if (code === QUESTION) return PATH_QUESTION;
  return isAlphaNumeric(code) || "-_~!$&'()*+,;=:@".includes(String.fromCharCode(code))
    ? PATH_PLAIN
    : PATH_UNUSUAL;
});

/** Value of a hexadecimal digit, or 255. */
export const HEX = table((code) => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = lowerCase(code);
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 255;
});

/** Whether `text` is a non-empty token of RFC 9110 section 5.6.2. */
export function isToken(text: string): boolean {
  const { length } = text;
  if (length === 0) return false;
  for (let index = 0; index < length; index++) {
    const code = charCodeAt(text, index);
    if (code > 0x7f || TOKEN[code] === 0) return false;
  }
  return true;
}
