/**
 * Checks names and values that policies or the gateway write to a header line. A mistake there is a
 * programming or a configuration error, so it throws.
 *
 * Characters above U+00FF are refused because a head is written as latin1: U+010D would become CR,
 * U+010A LF.
 */
import { isToken } from './byte-classes.ts';

/**
 * What no field value holds: a control character other than HTAB, and what latin1 cannot write. One
 * compiled expression is quicker than a loop over the characters.
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

/** @throws TypeError when `value` cannot stand in the line of the header `name` */
export function requireValue(name: string, value: string): void {
  if (FORBIDDEN_IN_VALUE.test(value)) {
    throw new TypeError(
      `the value of header "${name}" holds a line break, a control character or a character above U+00FF: encode it first`,
    );
  }
}
