/**
 * `text.charCodeAt(index)` for loops on the hot path.
 *
 * V8 keeps strings in many shapes (flat, sliced, concatenated, …). V8 looks up a method of the
 * string again for each character once a call site has seen more than a few shapes, which takes
 * three times as long as the rest. The same is true of `length`, so loops read it once.
 */
export const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt) as (
  text: string,
  index: number,
) => number;
