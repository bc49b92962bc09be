/**
 * What may enter a header line through the code of a policy or of the gateway itself. A mistake there is a programming or
 * a configuration error, so it throws.
 *
 * Characters above U+00FF are refused because a head is written as latin1: U+010D would become CR, U+010A LF.
 */
import { FIELD_VALUE, isToken } from './byte-classes.ts';
import { charCodeAt } from './char-code.ts';

/** @throws TypeError when `name` is not a token */
export function requireName(name: string): void {
  if (!isToken(name)) {
    throw new TypeError(`"${name}" is not a header name: use letters, digits and !#$%&'*+-.^_\`|~ only`);
  }
}

/** @throws TypeError when `value` cannot stand in the line of the header `name` */
export function requireValue(name: string, value: string): void {
  if (!isFieldValue(value)) {
    throw new TypeError(
      `the value of header "${name}" holds a line break, a control character or a character above U+00FF: encode it first`,
    );
  }
}

function isFieldValue(text: string): boolean {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    // Beyond the table lies U+0100 and above.
    if (FIELD_VALUE[charCodeAt(text, index)] !== 1) return false;
  }
  return true;
}
