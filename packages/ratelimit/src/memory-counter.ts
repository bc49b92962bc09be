import { windowBounds } from '@sluice/schema';
import type { LimitClock } from './limit-clock.ts';
import { decide } from './limit-rule.ts';
import type { CalendarWindow, LimitDecision, LimitRule, TokenBucket } from './limit-store.ts';

/** A counter that is up to date, during a decision. */
export interface Counter {
  /** What may be spent, including fractions. `commit` keeps a change, `restore` reverts it. */
  left: number;
  /**
   * How many limits of the decision under way use this counter. Room for the other limits of the
   * decision must not be made by removing it: what is then charged would be lost.
   */
  holds: number;
  commit(): void;
  restore(): void;
  /** Returns the decision, after `commit` or `restore`. */
  decision(allowed: boolean, cost: number): LimitDecision;
}

/** A counter of any algorithm of which parts may be leased. */
export interface LeasableCounter {
  readonly left: number;
  /**
   * When leases expire: the end of the window, in wall clock milliseconds; Infinity for a bucket.
   */
  readonly endMs: number;
  /** Updates the counter to the present, under its current rule. */
  refresh(clock: LimitClock): void;
  /** Reserves a part of what is left for a holder. Call it on an up-to-date counter. */
  lease(amount: number): void;
  /** Settles a lease: parts were spent or are returned. Call it on an up-to-date counter. */
  settle(spent: number, returned: number): void;
}

/** The state of one limit in memory, for one algorithm. */
export interface MemoryCounter<Rule extends LimitRule> extends Counter, LeasableCounter {
  left: number;
  /** The rule of the last decision. */
  readonly rule: Rule;
  /** True while a part of it is leased or it is held: then the counter must not be removed. */
  readonly isInUse: boolean;
  /** Returns what may be spent at `nowMs` under the current rule. Changes nothing. */
  leftAt(nowMs: number): number;
  /**
   * Updates the counter to `nowMs`, never backwards, and to a rule whose numbers may have changed.
   */
  advance(rule: Rule, nowMs: number): void;
  /** True when the counter is equivalent to a new one and not in use, and so can be removed. */
  isWhole(nowMs: number): boolean;
}

/**
 * A token bucket. Its times are monotonic milliseconds, so that a step of the wall clock adds no
 * tokens. Reads and refusals leave level and time unchanged, so rounding does not add up over a
 * flood of refusals. A lease stays in the bucket until it is reported as spent: level and leases
 * together never exceed the burst.
 */
export class BucketCounter implements MemoryCounter<TokenBucket> {
  readonly endMs = Number.POSITIVE_INFINITY;
  left: number;
  holds = 0;
  private leased = 0;
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
    this.left = Math.min(
      this.room,
      this.level + ((this.nowMs - this.atMs) * this.rule.ratePerSecond) / 1000,
    );
  }

  leftAt(nowMs: number): number {
    return Math.min(
      this.room,
      this.level + (Math.max(0, nowMs - this.atMs) * this.rule.ratePerSecond) / 1000,
    );
  }

  refresh(clock: LimitClock): void {
    this.advance(this.rule, clock.monotonicMs());
  }

  get isInUse(): boolean {
    return this.leased > 0 || this.holds > 0;
  }

  lease(amount: number): void {
    this.left -= amount;
    this.leased += amount;
    this.commit();
  }

  settle(spent: number, returned: number): void {
    this.leased -= spent + returned;
    this.left = Math.min(this.room, this.left + returned);
    this.commit();
  }

  isWhole(nowMs: number): boolean {
    return (
      !this.isInUse &&
      this.level + ((nowMs - this.atMs) * this.rule.ratePerSecond) / 1000 >= this.rule.burst
    );
  }

  decision(allowed: boolean, cost: number): LimitDecision {
    return decide(this.rule, allowed, this.left, cost, 0);
  }

  /** The largest possible level. Leases may exceed the burst after the rule has changed. */
  private get room(): number {
    return Math.max(0, this.rule.burst - this.leased);
  }
}

/** A step back by at most this is treated as a clock correction: the window stays. */
const smallStepMs = 1000;

/**
 * A calendar window. Its times are wall clock milliseconds, because calendar windows follow the
 * wall clock.
 *
 * An operator can set the wall clock. Set forward, it ends the window, as time does. Set back to
 * before the window began, the spent count moves to the window that contains the new time: nothing
 * is returned, and a window refuses for no longer than its own length. Set back by a second or
 * less, as in the correction of a fast clock, the window stays.
 */
export class WindowCounter implements MemoryCounter<CalendarWindow> {
  left: number;
  endMs: number;
  rule: CalendarWindow;
  private startMs: number;
  private nowMs: number;
  private spent: number;
  holds = 0;
  private leased = 0;

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
    } else if (
      nowMs < this.startMs - smallStepMs ||
      (isOtherPeriod && windowBounds(rule.period, nowMs).endMs < this.endMs)
    ) {
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

  get isInUse(): boolean {
    return this.leased > 0 || this.holds > 0;
  }

  lease(amount: number): void {
    this.left -= amount;
    this.leased += amount;
    this.commit();
  }

  settle(spent: number, returned: number): void {
    this.left += returned;
    this.leased -= spent + returned;
    this.commit();
  }

  isWhole(nowMs: number): boolean {
    return this.holds === 0 && (nowMs >= this.endMs || (this.spent <= 0 && this.leased === 0));
  }

  decision(allowed: boolean, cost: number): LimitDecision {
    return decide(this.rule, allowed, this.left, cost, this.endMs - this.nowMs);
  }

  /** Begins the window that contains `nowMs`. Leases of the previous window count as spent. */
  private enter(nowMs: number): void {
    ({ startMs: this.startMs, endMs: this.endMs } = windowBounds(this.rule.period, nowMs));
    this.leased = 0;
  }
}
