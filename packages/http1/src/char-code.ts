/**
 * `text.charCodeAt(index)` for loops on the hot path.
 *
 * V8 keeps strings in many shapes (flat, sliced, concatenated, …). A method looked up on the string itself is looked up
 * anew for each character once a place has seen more than a few of them, which takes three times as long as all the rest.
 * The same is true of `length`, so loops read it once.
 */
export const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt) as (text: string, index: number) => number;
