/**
 * Taken out once: where code runs in a VM context, as tests do, looking up a global costs far more
 * than multiplying.
 */
const { imul } = Math;

/**
 * Not looked up on the text itself: V8 keeps strings in many shapes, and a place that has seen more
 * than a few of them looks the method up again for each character.
 */
const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt) as (
  text: string,
  index: number,
) => number;

/**
 * FNV-1a, 32 bits (draft-eastlake-fnv): quick on short text, and the hash of a text goes on from
 * the hash of its beginning.
 */
const prime = 0x0100_0193;
export const emptyHash = 0x811c_9dc5 | 0;

/**
 * Continues `hash` with the characters of `text` between `from` and `to`. Does not resist
 * collisions: a lookup by this hash has to compare the result with the key.
 */
export function hashOn(hash: number, text: string, from: number, to: number): number {
  let state = hash;
  for (let at = from; at < to; at += 1) state = imul(state ^ charCodeAt(text, at), prime);
  return state;
}
