const baseMs = 100;
/** A control plane that has just started waits twice as long for the nodes it knew (`comebackMs` there). */
const capMs = 5_000;

/**
 * How long to wait before attempt number `attempt` (from 0), in milliseconds: anything between nothing and an
 * exponentially growing bound ("full jitter"), so that a thousand nodes that lost one control plane do not come back at
 * one moment. `random` gives numbers from 0 up to 1.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
