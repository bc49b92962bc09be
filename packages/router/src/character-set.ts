/**
 * Sets of characters, for reasoning about regular expressions before they run: one bit per ASCII
 * character, and bit 128 for everything else. Sets are only ever asked whether they overlap, so a
 * set that is too large errs on the safe side.
 */
export type CharacterSet = bigint;

export const emptySet: CharacterSet = 0n;

/**
 * Bit 128 stands for every character outside ASCII. A normalised path has none, a hostile caller
 * may.
 */
const nonAscii = 1n << 128n;
const everything = (1n << 129n) - 1n;

/** The set of one ASCII character, by its code. */
export function setOf(code: number): CharacterSet {
  return 1n << BigInt(code);
}

/** Both ends included; ASCII codes. */
export function setOfRange(from: number, to: number): CharacterSet {
  return ((1n << BigInt(to - from + 1)) - 1n) << BigInt(from);
}

export function complement(set: CharacterSet): CharacterSet {
  return everything ^ set;
}

export function overlaps(one: CharacterSet, other: CharacterSet): boolean {
  return (one & other) !== 0n;
}

const digits = setOfRange(0x30, 0x39);
const word = digits | setOfRange(0x41, 0x5a) | setOfRange(0x61, 0x7a) | setOf(0x5f);
/** The Unicode spaces count with `nonAscii`. */
const space = setOfRange(0x09, 0x0d) | setOf(0x20) | nonAscii;

/** `.`: everything but line ends (those outside ASCII are within `nonAscii`, which stays). */
export const anyCharacter: CharacterSet = complement(setOf(0x0a) | setOf(0x0d));

/** What `\d`, `\D`, `\w`, `\W`, `\s` and `\S` stand for, by their letter. */
export const classEscapes: ReadonlyMap<string, CharacterSet> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', word],
  ['W', complement(word)],
  ['s', space],
  ['S', complement(space) | nonAscii],
]);
