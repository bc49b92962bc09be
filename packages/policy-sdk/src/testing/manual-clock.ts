import type { Clock } from '../host.ts';

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private nowMs: number;

  /** Milliseconds since the epoch; the first of January 2030, noon UTC, by default. */
  constructor(nowMs: number = Date.UTC(2030, 0, 1, 12)) {
    this.nowMs = nowMs;
  }

  now(): number {
    return this.nowMs;
  }

  /** Lets `ms` milliseconds pass. */
  advance(ms: number): void {
    this.nowMs += ms;
  }
}
