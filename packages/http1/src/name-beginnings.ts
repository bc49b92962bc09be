/**
 * NameBeginnings: prefixes of field names and whole names, prepared so that one table look-up rules
 * out most names of a message.
 */
import { PLAIN } from './byte-classes.ts';
import { FIELD_NUMBERS, nameOfNumber } from './field-names.ts';
import { plainFieldName } from './protected-names.ts';

export class NameBeginnings {
  /** In lower case. */
  readonly beginnings: readonly string[];
  /** By the number of a known name: whether it is one of the names or begins with a prefix. */
  readonly isKnown: Uint8Array;
  /** The whole names in plain form, by length. */
  private readonly named: (readonly string[] | undefined)[] = [];
  private readonly exempt: ReadonlySet<string>;
  private readonly isFirstLetter = new Uint8Array(256);

  /**
   * @param beginnings prefixes, compared in any case
   * @param names whole names, compared in any case and with `_` and `.` like `-`
   * @param exempt spellings of `names` that are not meant, in lower case
   */
  constructor(
    beginnings: readonly string[],
    names: Iterable<string> = [],
    exempt: ReadonlySet<string> = noNames,
  ) {
    this.beginnings = beginnings.map((beginning) => beginning.toLowerCase());
    this.exempt = exempt;
    const plain = new Set(Array.from(names, plainFieldName));
    for (const name of plain) this.named[name.length] = [...this.namesOf(name.length), name];
    this.isKnown = Uint8Array.from({ length: FIELD_NUMBERS }, (_, number) => {
      const name = nameOfNumber(number);
      const isMeant =
        (plain.has(name) && !exempt.has(name)) ||
        this.beginnings.some((beginning) => name.startsWith(beginning));
      return number !== 0 && isMeant ? 1 : 0;
    });
    for (const text of [...this.beginnings, ...plain])
      this.isFirstLetter[PLAIN[text.charCodeAt(0)] as number] = 1;
  }

  /** Whether a name that starts with this character may be one of them. */
  mayStartWith(code: number): boolean {
    return this.isFirstLetter[PLAIN[code] as number] === 1;
  }

  /** The whole names of this length, in plain form. */
  namesOf(length: number): readonly string[] {
    return this.named[length] ?? none;
  }

  /** Whether this spelling of a whole name, in lower case, is not meant. */
  isExempt(lower: string): boolean {
    return this.exempt.has(lower);
  }
}

const none: readonly string[] = Object.freeze([]);
const noNames: ReadonlySet<string> = new Set();
