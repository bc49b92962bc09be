import { GatewayError } from '@sluice/errors';
import { CounterGroup, type MakeCounter } from './counter-group.ts';
import type { LimitRule } from './limit-store.ts';
import type { MemoryCounter } from './memory-counter.ts';

/** Counters of the same limit examined for each one added: two, so that removal keeps ahead of addition. */
const ownSweepSteps = 2;
/** Counters of all limits examined for each one added, so that the keys of a limit that is no longer used go as well. */
const tourSteps = 2;
/** Counters compared when one has to be removed that is not full. */
const candidateCount = 8;
/** Limits that can be counted at once; each is one limit of the configuration. */
const maxGroups = 10_000;

/** The table is full, and one limit has more keys than any other. */
export interface FullTable {
  /** The limit that has the most keys, and makes room for a new one. */
  readonly limit: string;
  /** How many keys have a counter, of all limits together. */
  readonly size: number;
}

/**
 * Counters by key, at most `maxKeys` of them, and never more admitted than the limits say however many keys are in use.
 *
 * Keys belong to limits. A full counter says what a missing one says, so full counters are removed first, at no loss. When
 * none is found and the table is full, the limit that has the most keys makes room, whichever limit the new key is of: a
 * flood of made-up keys on one limit takes nothing from another. Of eight counters of that limit the one with the most left
 * is removed, and each limit has a floor: a counter that stands for all keys of the limit without one of their own. It
 * never holds more than any counter that was removed, and a new key starts with what it holds. So a key that comes back
 * has at most what it had; a new key of a flooded limit may get less than its limit says, never more.
 */
export class CounterTable<Rule extends LimitRule> {
  private readonly counters = new Map<string, MemoryCounter<Rule>>();
  private readonly groups = new Map<string, CounterGroup<Rule>>();
  private readonly make: MakeCounter<Rule>;
  private readonly maxKeys: number;
  private readonly onFull: (full: FullTable) => void;
  /** The group with the most keys; one that has half as many as another at least. Its size when it was found. */
  private largest: CounterGroup<Rule> | undefined;
  private largestSize = 0;
  /** Goes round all groups; an iterator of a Map takes additions and removals into account. */
  private tour: Iterator<CounterGroup<Rule>, undefined> = this.groups.values();
  private toured: CounterGroup<Rule> | undefined;
  private tourStepsLeft = 0;

  /** `onFull` is called for each new key that finds the table full: it must be quick and must not throw. */
  constructor(maxKeys: number, make: MakeCounter<Rule>, onFull: (full: FullTable) => void = () => undefined) {
    this.maxKeys = maxKeys;
    this.make = make;
    this.onFull = onFull;
  }

  /** How many keys have a counter of their own. */
  get size(): number {
    return this.counters.size;
  }

  /**
   * The counter of a key, brought to `nowMs`. `limit` names the limit that the key belongs to; without it all keys of an
   * equal rule count as keys of one limit. Throws a GatewayError when more than 10,000 limits are in use.
   */
  at(key: string, rule: Rule, nowMs: number, limit: string | undefined): MemoryCounter<Rule> {
    let counter = this.counters.get(key);
    if (counter === undefined) counter = this.admit(key, rule, nowMs, limit ?? ruleName(rule));
    counter.advance(rule, nowMs);
    return counter;
  }

  /** The same; undefined when the key has no counter of its own. */
  ownAt(key: string, rule: Rule, nowMs: number, limit: string | undefined): MemoryCounter<Rule> | undefined {
    const counter = this.at(key, rule, nowMs, limit);
    return this.counters.get(key) === counter ? counter : undefined;
  }

  private admit(key: string, rule: Rule, nowMs: number, limit: string): MemoryCounter<Rule> {
    // First, because it may remove the group of this very limit.
    this.sweepOthers(nowMs);
    const group = this.groups.get(limit) ?? this.addGroup(limit, nowMs);
    group.sweep(ownSweepSteps, nowMs);
    if (this.counters.size >= this.maxKeys && !this.makeRoom(group, rule, nowMs)) return group.floorAt(rule, nowMs);
    const counter = this.make(rule, nowMs, group.startingLevel(rule, nowMs));
    group.add(key, counter);
    if (group.size > (this.largest?.size ?? 0)) {
      this.largest = group;
      this.largestSize = group.size;
    }
    return counter;
  }

  /** Removes a counter of the limit that has the most. False when the new key has to do with the floor of its limit. */
  private makeRoom(group: CounterGroup<Rule>, rule: Rule, nowMs: number): boolean {
    const largest = this.largestGroup();
    this.onFull({ limit: largest.limit, size: this.counters.size });
    const victim = largest.candidate(candidateCount, nowMs);
    if (victim < 0) return false;
    if (largest === group) {
      // Sharing costs all new keys of the limit one request; removing a counter costs them what it has spent already.
      const left = group.leftAt(victim, nowMs);
      if (left < 1 || group.startingLevel(rule, nowMs) - left > 1) return false;
    }
    largest.remove(victim, nowMs);
    return true;
  }

  private largestGroup(): CounterGroup<Rule> {
    // Scanning when it has lost half of its keys keeps the cost per removal constant.
    if (this.largest === undefined || this.largest.size * 2 <= this.largestSize) {
      this.largest = undefined;
      for (const group of this.groups.values()) if (group.size > (this.largest?.size ?? 0)) this.largest = group;
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
    if (group.isEmptyAt(nowMs) && this.groups.get(group.limit) === group) this.groups.delete(group.limit);
  }

  private addGroup(limit: string, nowMs: number): CounterGroup<Rule> {
    if (this.groups.size >= maxGroups) {
      for (const group of this.groups.values()) this.removeIfEmpty(group, nowMs);
      if (this.groups.size >= maxGroups) {
        throw new GatewayError('policy_failed', { detail: 'Too many limits are in use at once. Try again later.' });
      }
    }
    const group = new CounterGroup(limit, this.counters, this.make);
    this.groups.set(limit, group);
    return group;
  }
}

function ruleName(rule: LimitRule): string {
  return rule.algorithm === 'token-bucket' ? `${rule.ratePerSecond}/${rule.burst}` : `${rule.limit}/${rule.period}`;
}
