const baseMs = 100;
/** A control plane that has just started waits twice as long for its nodes (`comebackMs` there). */
const capMs = 5_000;

/**
 * Returns the delay before attempt number `attempt` (from 0), in milliseconds: a random part of an
 * exponentially growing bound ("full jitter"), so that a thousand nodes that lost one control plane
 * do not reconnect at the same time. `random` returns numbers from 0 to 1, 1 excluded.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
