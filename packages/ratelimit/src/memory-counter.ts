import { windowBounds } from './calendar.ts';
import type { LimitClock } from './limit-clock.ts';
import { decide } from './limit-rule.ts';
import type { CalendarWindow, LimitDecision, LimitRule, TokenBucket } from './limit-store.ts';

/** A counter that is up to date and being spent from. */
export interface Counter {
  /** What may be spent, fractions included. Taking some is kept by `commit` and forgotten by `restore`. */
  left: number;
  commit(): void;
  restore(): void;
  /** The outcome in words, after `commit` or `restore`. */
  decision(allowed: boolean, cost: number): LimitDecision;
}

/** A counter of which parts may be lent, whatever its algorithm. */
export interface LeasableCounter {
  readonly left: number;
  /** When what was lent loses its worth: the end of the window, in wall clock milliseconds; Infinity for a bucket. */
  readonly endMs: number;
  /** Brings it to the present, under the rule that it has. */
  refresh(clock: LimitClock): void;
  /** Sets a part of what is left aside, for somebody else to spend. To be called on a counter of the present. */
  lend(amount: number): void;
  /** What was lent has been spent, or comes back. To be called on a counter of the present. */
  settle(spent: number, returned: number): void;
}

/** The state of one limit in memory, for one algorithm. */
export interface MemoryCounter<Rule extends LimitRule> extends Counter, LeasableCounter {
  left: number;
  /** What the counter was last asked under. */
  readonly rule: Rule;
  /** True while a part of it is lent: it must not be removed. */
  readonly hasLent: boolean;
  /** What may be spent at `nowMs`, under the rule that it has. Changes nothing. */
  leftAt(nowMs: number): number;
  /** Brings the counter to `nowMs`, which never moves it back, and to a rule whose numbers may have changed. */
  advance(rule: Rule, nowMs: number): void;
  /** True when the counter says nothing that a new one would not say: it can be forgotten. */
  isWhole(nowMs: number): boolean;
}

/**
 * A token bucket. Its times are monotonic milliseconds, so that a step of the wall clock gives no tokens. Looking and
 * refusing leave level and time as they are: rounding does not add up over a flood of refusals. What is lent is still in
 * the bucket as long as nobody says that it was spent: level and loans together are never more than the burst.
 */
export class BucketCounter implements MemoryCounter<TokenBucket> {
  readonly endMs = Number.POSITIVE_INFINITY;
  left: number;
  private lent = 0;
  rule: TokenBucket;
  private nowMs: number;
  private level: number;
  private atMs: number;

  constructor(rule: TokenBucket, nowMs: number, left: number) {
    this.rule = rule;
    this.left = left;
    this.nowMs = nowMs;
    this.level = left;
    this.atMs = nowMs;
  }

  advance(rule: TokenBucket, nowMs: number): void {
    this.rule = rule;
    this.nowMs = Math.max(this.atMs, nowMs);
    this.restore();
  }

  commit(): void {
    this.level = this.left;
    this.atMs = this.nowMs;
  }

  restore(): void {
    this.left = Math.min(this.room, this.level + ((this.nowMs - this.atMs) * this.rule.ratePerSecond) / 1000);
  }

  leftAt(nowMs: number): number {
    return Math.min(this.room, this.level + (Math.max(0, nowMs - this.atMs) * this.rule.ratePerSecond) / 1000);
  }

  refresh(clock: LimitClock): void {
    this.advance(this.rule, clock.monotonicMs());
  }

  get hasLent(): boolean {
    return this.lent > 0;
  }

  lend(amount: number): void {
    this.left -= amount;
    this.lent += amount;
    this.commit();
  }

  settle(spent: number, returned: number): void {
    this.lent -= spent + returned;
    this.left = Math.min(this.room, this.left + returned);
    this.commit();
  }

  isWhole(nowMs: number): boolean {
    return this.lent === 0 && this.level + ((nowMs - this.atMs) * this.rule.ratePerSecond) / 1000 >= this.rule.burst;
  }

  decision(allowed: boolean, cost: number): LimitDecision {
    return decide(this.rule, allowed, this.left, cost, 0);
  }

  /** How high the level may be. More may be lent than the whole bucket holds by now, when its rule has changed. */
  private get room(): number {
    return Math.max(0, this.rule.burst - this.lent);
  }
}

/** A clock that steps back by no more than this is taken for one that is corrected: the window is kept. */
const smallStepMs = 1000;

/**
 * A calendar window. Its times are wall clock milliseconds, because the calendar is about those.
 *
 * The wall clock can be set. Set forward, it ends the window, as time does. Set back to before the window began, what has
 * been used counts in the window that the clock is in now: nothing is given back, and a window refuses for no longer than
 * its own length. Back by a second or less, which may just be the correction of a clock that is fast, the window stays.
 */
export class WindowCounter implements MemoryCounter<CalendarWindow> {
  left: number;
  endMs: number;
  rule: CalendarWindow;
  private startMs: number;
  private nowMs: number;
  private spent: number;
  private lent = 0;

  constructor(rule: CalendarWindow, nowMs: number, left: number) {
    this.rule = rule;
    this.left = left;
    this.nowMs = nowMs;
    this.spent = rule.limit - left;
    ({ startMs: this.startMs, endMs: this.endMs } = windowBounds(rule.period, nowMs));
  }

  advance(rule: CalendarWindow, nowMs: number): void {
    const isOtherPeriod = rule.period !== this.rule.period;
    this.rule = rule;
    this.nowMs = nowMs;
    if (nowMs >= this.endMs) {
      this.enter(nowMs);
      this.spent = 0;
    } else if (nowMs < this.startMs - smallStepMs || (isOtherPeriod && windowBounds(rule.period, nowMs).endMs < this.endMs)) {
      this.enter(nowMs);
    }
    this.restore();
  }

  leftAt(nowMs: number): number {
    return nowMs >= this.endMs ? this.rule.limit : this.rule.limit - this.spent;
  }

  commit(): void {
    this.spent = this.rule.limit - this.left;
  }

  restore(): void {
    this.left = this.rule.limit - this.spent;
  }

  refresh(clock: LimitClock): void {
    this.advance(this.rule, clock.wallMs());
  }

  get hasLent(): boolean {
    return this.lent > 0;
  }

  lend(amount: number): void {
    this.left -= amount;
    this.lent += amount;
    this.commit();
  }

  settle(spent: number, returned: number): void {
    this.left += returned;
    this.lent -= spent + returned;
    this.commit();
  }

  isWhole(nowMs: number): boolean {
    return nowMs >= this.endMs || (this.spent <= 0 && this.lent === 0);
  }

  decision(allowed: boolean, cost: number): LimitDecision {
    return decide(this.rule, allowed, this.left, cost, this.endMs - this.nowMs);
  }

  /** Begins the window that holds `nowMs`. What was lent of the one before counts as spent. */
  private enter(nowMs: number): void {
    ({ startMs: this.startMs, endMs: this.endMs } = windowBounds(this.rule.period, nowMs));
    this.lent = 0;
  }
}
