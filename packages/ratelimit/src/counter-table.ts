import { GatewayError } from '@sluice/errors';
import { CounterGroup, type MakeCounter } from './counter-group.ts';
import type { LimitRule } from './limit-store.ts';
import type { MemoryCounter } from './memory-counter.ts';

/**
 * Counters of the same limit examined for each one added: two, so that removal keeps ahead of
 * addition.
 */
const ownSweepSteps = 2;
/**
 * Counters of all limits examined for each one added, so that the keys of an unused limit are
 * removed too.
 */
const tourSteps = 2;
/** Counters compared when one that is not full must be removed. */
const candidateCount = 8;
/** The largest number of limits; each is one limit of the configuration. */
const maxGroups = 10_000;

/** The table is full, and one limit has more keys than any other. */
export interface FullTable {
  /** The limit with the most keys, which loses one to make room. */
  readonly limit: string;
  /** How many keys have a counter, of all limits together. */
  readonly size: number;
}

/**
 * Counters by key, at most `maxKeys` of them. Limits are never exceeded, however many keys are in
 * use.
 *
 * Keys belong to limits. A full counter is equivalent to a missing one, so full counters are
 * removed first, without loss. When there is none and the table is full, the limit with the most
 * keys makes room, whichever limit the new key belongs to: a flood of made-up keys on one limit
 * takes nothing from another. Among eight counters of that limit the one with the most left is
 * removed. Each limit has a floor, a shared counter for all of its keys without a counter. It never
 * has more left than any removed counter, and a new key starts with what it has left. So a
 * returning key has at most what it had; a new key of a flooded limit may get less than its limit
 * allows, never more.
 */
export class CounterTable<Rule extends LimitRule> {
  private readonly counters = new Map<string, MemoryCounter<Rule>>();
  private readonly groups = new Map<string, CounterGroup<Rule>>();
  private readonly make: MakeCounter<Rule>;
  private readonly maxKeys: number;
  private readonly onFull: (full: FullTable) => void;
  /** A group with at least half as many keys as the largest one, and its size when it was found. */
  private largest: CounterGroup<Rule> | undefined;
  private largestSize = 0;
  /** Iterates over all groups in turn; the iterator of a Map handles additions and removals. */
  private tour: Iterator<CounterGroup<Rule>, undefined> = this.groups.values();
  private toured: CounterGroup<Rule> | undefined;
  private tourStepsLeft = 0;

  /**
   * `onFull` is called for each new key that finds the table full: it must be quick and must not
   * throw.
   */
  constructor(
    maxKeys: number,
    make: MakeCounter<Rule>,
    onFull: (full: FullTable) => void = () => undefined,
  ) {
    this.maxKeys = maxKeys;
    this.make = make;
    this.onFull = onFull;
  }

  /** How many keys have a counter of their own. */
  get size(): number {
    return this.counters.size;
  }

  /**
   * Returns the counter of a key, updated to `nowMs`. `limit` names the limit that the key belongs
   * to; without it all keys with an equal rule belong to one limit. Throws a GatewayError when more
   * than 10,000 limits are in use.
   */
  at(key: string, rule: Rule, nowMs: number, limit: string | undefined): MemoryCounter<Rule> {
    let counter = this.counters.get(key);
    if (counter === undefined) counter = this.admit(key, rule, nowMs, limit ?? ruleName(rule));
    counter.advance(rule, nowMs);
    return counter;
  }

  /** Like `at`, but undefined when the key has no counter of its own. */
  ownAt(
    key: string,
    rule: Rule,
    nowMs: number,
    limit: string | undefined,
  ): MemoryCounter<Rule> | undefined {
    const counter = this.at(key, rule, nowMs, limit);
    return this.counters.get(key) === counter ? counter : undefined;
  }

  private admit(key: string, rule: Rule, nowMs: number, limit: string): MemoryCounter<Rule> {
    // This comes first, because it may remove the group of this limit.
    this.sweepOthers(nowMs);
    const group = this.groups.get(limit) ?? this.addGroup(limit, nowMs);
    group.sweep(ownSweepSteps, nowMs);
    if (this.counters.size >= this.maxKeys && !this.makeRoom(group, rule, nowMs))
      return group.floorAt(rule, nowMs);
    const counter = this.make(rule, nowMs, group.startingLevel(rule, nowMs));
    group.add(key, counter);
    if (group.size > (this.largest?.size ?? 0)) {
      this.largest = group;
      this.largestSize = group.size;
    }
    return counter;
  }

  /**
   * Removes a counter of the limit with the most keys. False when the new key must share the floor
   * of its limit.
   */
  private makeRoom(group: CounterGroup<Rule>, rule: Rule, nowMs: number): boolean {
    const largest = this.largestGroup();
    this.onFull({ limit: largest.limit, size: this.counters.size });
    const victim = largest.candidate(candidateCount, nowMs);
    if (victim < 0) return false;
    if (largest === group) {
      // Sharing costs all new keys of the limit one request; removing a counter costs them what its
      // key has spent.
      const left = group.leftAt(victim, nowMs);
      if (left < 1 || group.startingLevel(rule, nowMs) - left > 1) return false;
    }
    largest.remove(victim, nowMs);
    return true;
  }

  private largestGroup(): CounterGroup<Rule> {
    // Scanning only after the group has lost half of its keys keeps the cost per removal constant.
    if (this.largest === undefined || this.largest.size * 2 <= this.largestSize) {
      this.largest = undefined;
      for (const group of this.groups.values())
        if (group.size > (this.largest?.size ?? 0)) this.largest = group;
      this.largestSize = this.largest?.size ?? 0;
    }
    return this.largest as CounterGroup<Rule>;
  }

  private sweepOthers(nowMs: number): void {
    if (this.tourStepsLeft <= 0) {
      let next = this.tour.next();
      if (next.done === true) {
        this.tour = this.groups.values();
        next = this.tour.next();
      }
      this.toured = next.value;
      this.tourStepsLeft = this.toured?.size ?? 0;
    }
    this.tourStepsLeft -= tourSteps;
    this.toured?.sweep(tourSteps, nowMs);
    if (this.toured !== undefined) this.removeIfEmpty(this.toured, nowMs);
  }

  private removeIfEmpty(group: CounterGroup<Rule>, nowMs: number): void {
    if (group.isEmptyAt(nowMs) && this.groups.get(group.limit) === group)
      this.groups.delete(group.limit);
  }

  private addGroup(limit: string, nowMs: number): CounterGroup<Rule> {
    if (this.groups.size >= maxGroups) {
      for (const group of this.groups.values()) this.removeIfEmpty(group, nowMs);
      if (this.groups.size >= maxGroups) {
        throw new GatewayError('policy_failed', {
          detail: 'Too many limits are in use at once. Try again later.',
        });
      }
    }
    const group = new CounterGroup(limit, this.counters, this.make);
    this.groups.set(limit, group);
    return group;
  }
}

function ruleName(rule: LimitRule): string {
  return rule.algorithm === 'token-bucket'
    ? `${rule.ratePerSecond}/${rule.burst}`
    : `${rule.limit}/${rule.period}`;
}
