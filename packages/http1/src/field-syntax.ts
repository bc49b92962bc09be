/**
 * Checks the names and values of header lines that policies or the gateway write. A mistake there
 * is a programming or configuration error, so it throws. Characters above U+00FF are refused
 * because a head is written as latin1: U+010D would become CR, U+010A LF.
 */
import { isToken } from './byte-classes.ts';

/**
 * Characters that no field value may contain: control characters other than HTAB, and those that
 * latin1 does not have. One compiled expression is faster than a loop over the characters.
 */
const FORBIDDEN_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** @throws TypeError when `name` is not a token */
export function requireName(name: string): void {
  if (!isToken(name)) {
    throw new TypeError(
      `"${name}" is not a header name: use letters, digits and !#$%&'*+-.^_\`|~ only`,
    );
  }
}

/** @throws TypeError when the line of the header `name` must not contain `value` */
export function requireValue(name: string, value: string): void {
  if (FORBIDDEN_IN_VALUE.test(value)) {
    throw new TypeError(
      `the value of header "${name}" holds a line break, a control character or a character above U+00FF: encode it first`,
    );
  }
}
