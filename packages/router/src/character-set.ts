/**
 * Sets of characters, used to check regular expressions before they run: one bit for each ASCII
 * character, and bit 128 for all others. The only question is whether two sets overlap, so a set
 * that is too large errs on the safe side.
 */
export type CharacterSet = bigint;

export const emptySet: CharacterSet = 0n;

/**
 * Bit 128 stands for every character outside ASCII. A normalised path contains none, but a caller
 * may send some.
 */
const nonAscii = 1n << 128n;
const everything = (1n << 129n) - 1n;

/** The set of one ASCII character, by its code. */
export function setOf(code: number): CharacterSet {
  return 1n << BigInt(code);
}

/** A range, including both ends; ASCII codes. */
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

/**
 * `.`: everything but line ends. Those outside ASCII are part of `nonAscii`, which stays in the
 * set.
 */
export const anyCharacter: CharacterSet = complement(setOf(0x0a) | setOf(0x0d));

/** The sets of `\d`, `\D`, `\w`, `\W`, `\s` and `\S`, by their letter. */
export const classEscapes: ReadonlyMap<string, CharacterSet> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', word],
  ['W', complement(word)],
  ['s', space],
  ['S', complement(space) | nonAscii],
]);
