/**
 * Read once: in a VM context, where tests run, looking up a global costs far more than a
 * multiplication.
 */
const { imul } = Math;

/**
 * Not called as a method of the text: V8 stores strings in many shapes, and a call site that has
 * seen more than a few of them looks up the method again for each character.
 */
const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt) as (
  text: string,
  index: number,
) => number;

/**
 * FNV-1a, 32 bits (draft-eastlake-fnv). It is fast for short texts, and the hash of a text can be
 * continued from the hash of its beginning.
 */
const prime = 0x0100_0193;
export const emptyHash = 0x811c_9dc5 | 0;

/**
 * Continues `hash` with the characters of `text` from `from` to `to`. Does not resist collisions: a
 * look-up by this hash must compare the result with the key.
 */
export function hashOn(hash: number, text: string, from: number, to: number): number {
  let state = hash;
  for (let at = from; at < to; at += 1) state = imul(state ^ charCodeAt(text, at), prime);
  return state;
}
