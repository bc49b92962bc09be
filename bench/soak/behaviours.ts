/**
 * What the origin does with a request. The client puts the word into the path,
 * `/soak/<behaviour>/<tag>`, so both sides know what to expect of an exchange.
 */
export const behaviours = [
  ['length', 50],
  ['chunked', 20],
  ['pieces', 8],
  ['interim', 5],
  ['early', 5],
  ['close', 4],
  ['until-close', 4],
  ['nothing', 3],
  ['reset-before', 2],
  ['reset-inside', 2],
  ['truncated', 2],
  ['poison', 3],
] as const;

/**
 * `poison`: right behind its response, in the same write, the origin sends another, unsolicited
 * one.
 */
export type Behaviour = (typeof behaviours)[number][0] | typeof latePoison;

/**
 * The origin sends its second response a few milliseconds later, on a connection that is idle by
 * then. Once the next request is on its way nothing in HTTP/1.1 tells such a response from the
 * right one, so these requests have a target of their own and one client, which pauses between
 * them: only a proxy that was held up finds both at the same time.
 */
export const latePoison = 'late-poison';

/** Whether a complete response with the request's own tag must arrive, unless one side hangs up. */
export function mustAnswer(behaviour: Behaviour): boolean {
  return behaviour !== 'reset-before' && behaviour !== 'reset-inside' && behaviour !== 'truncated';
}

/** The tag of an unsolicited response: no client may ever receive it. */
export const poisonTag = 'poison';

/**
 * What a body looks like: the tag, repeated, so that foreign bytes are noticed wherever they turn
 * up.
 */
export function bodyOf(tag: string, repetitions: number): string {
  return `${tag};`.repeat(repetitions);
}
