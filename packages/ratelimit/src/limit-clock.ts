// The global `performance` is a getter, which costs as much as reading the clock.
import { performance } from 'node:perf_hooks';

/** Both clocks in milliseconds. */
export interface LimitClock {
  /** Since the epoch: determines the calendar window. */
  wallMs(): number;
  /** Monotonic, from an arbitrary origin: determines the refill of a bucket. */
  monotonicMs(): number;
}

export const systemClock: LimitClock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
