/**
 * `text.charCodeAt(index)` for loops on the hot path.
 *
 * V8 stores strings in many shapes (flat, sliced, concatenated, …). A call site that has seen more
 * than a few of them looks up the method again for each character, which makes the loop three times
 * slower. The same is true of `length`, so loops read it once.
 */
export const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt) as (
  text: string,
  index: number,
) => number;
