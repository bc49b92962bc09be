import type { Clock } from '../host.ts';

/** A clock that only advances when a test advances it. */
export class ManualClock implements Clock {
  private nowMs: number;

  /** Milliseconds since the epoch; noon UTC on 1 January 2030 by default. */
  constructor(nowMs: number = Date.UTC(2030, 0, 1, 12)) {
    this.nowMs = nowMs;
  }

  now(): number {
    return this.nowMs;
  }

  /** Advances the clock by `ms` milliseconds. */
  advance(ms: number): void {
    this.nowMs += ms;
  }
}
