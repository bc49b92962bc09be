// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';

/** Both clocks in milliseconds. */
export interface LimitClock {
  /** Since the epoch: decides in which calendar window we are. */
  wallMs(): number;
  /** Since any moment, never stepping back or ahead: decides how much a bucket was refilled. */
  monotonicMs(): number;
}

export const systemClock: LimitClock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
