/**
 * NameBeginnings: prefixes of field names, prepared so that one table look-up rules out most names.
 */
import { FIELD_NUMBERS, nameOfNumber } from './field-names.ts';
import { LOWER } from './byte-classes.ts';

export class NameBeginnings {
  /** In lower case. */
  readonly beginnings: readonly string[];
  /** By the number of a known name: whether it begins with one of the prefixes. */
  readonly isKnown: Uint8Array;
  private readonly isFirstLetter = new Uint8Array(256);

  constructor(beginnings: readonly string[]) {
    this.beginnings = beginnings.map((beginning) => beginning.toLowerCase());
    this.isKnown = Uint8Array.from({ length: FIELD_NUMBERS }, (_, number) =>
      number !== 0 &&
      this.beginnings.some((beginning) => nameOfNumber(number).startsWith(beginning))
        ? 1
        : 0,
    );
    for (const beginning of this.beginnings) this.isFirstLetter[beginning.charCodeAt(0)] = 1;
  }

  /** Whether a name that starts with this character may begin with one of the prefixes. */
  mayStartWith(code: number): boolean {
    return this.isFirstLetter[LOWER[code] as number] === 1;
  }
}
