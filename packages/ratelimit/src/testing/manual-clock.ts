import type { LimitClock } from '../limit-clock.ts';

/** A clock that a spec sets. Tests only. */
export class ManualClock implements LimitClock {
  nowMs: number;

  constructor(nowMs = Date.UTC(2027, 0, 31, 23, 59, 59, 500)) {
    this.nowMs = nowMs;
  }

  wallMs = (): number => this.nowMs;
  monotonicMs = (): number => this.nowMs;
}
