/**
 * The grammar of chunk extensions, byte by byte: `*( ";" name [ "=" ( token / quoted-string ) ] )`,
 * RFC 9112 section 7.1.1, without the "bad white space" that the RFC allows around `;` and `=` for
 * old senders. Extensions are checked and discarded; none is ever forwarded.
 */
import { BACKSLASH, CR, DQUOTE, EQUALS, FIELD_VALUE, SEMICOLON, TOKEN } from './byte-classes.ts';

/**
 * States of the grammar. REFUSED is final; LINE_END means that the byte was the CR after the
 * extensions.
 */
export const REFUSED = 0;
export const LINE_END = 1;
export const NAME_START = 2;
const NAME = 3;
const VALUE_START = 4;
const VALUE = 5;
const QUOTED = 6;
const ESCAPED = 7;
const AFTER_QUOTED = 8;

function afterPart(byte: number): number {
  if (byte === CR) return LINE_END;
  return byte === SEMICOLON ? NAME_START : REFUSED;
}

/**
 * Returns the state after one more byte. The `;` before the first extension leads to NAME_START.
 */
export function nextExtensionState(state: number, byte: number): number {
  const token = TOKEN[byte] !== 0;
  switch (state) {
    case NAME_START:
      return token ? NAME : REFUSED;
    case NAME:
      if (token) return NAME;
      return byte === EQUALS ? VALUE_START : afterPart(byte);
    case VALUE_START:
      if (token) return VALUE;
      return byte === DQUOTE ? QUOTED : REFUSED;
    case VALUE:
      return token ? VALUE : afterPart(byte);
    case QUOTED:
      if (byte === DQUOTE) return AFTER_QUOTED;
      if (byte === BACKSLASH) return ESCAPED;
      return FIELD_VALUE[byte] === 0 ? REFUSED : QUOTED;
    case ESCAPED:
      return FIELD_VALUE[byte] === 0 ? REFUSED : QUOTED;
    case AFTER_QUOTED:
      return afterPart(byte);
    default:
      return REFUSED;
  }
}
