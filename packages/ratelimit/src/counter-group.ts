import { sizeOf } from './limit-rule.ts';
import type { LimitRule } from './limit-store.ts';
import type { MemoryCounter } from './memory-counter.ts';

/** Creates a counter with `left` remaining. */
export type MakeCounter<Rule extends LimitRule> = (
  rule: Rule,
  nowMs: number,
  left: number,
) => MemoryCounter<Rule>;

/** A prime, so that the steps of sampling reach every index and rarely compare neighbours. */
const stride = 7_919;

/**
 * The keys of one limit in a counter table, and the floor of the limit: a shared counter for all of
 * its keys that have no counter of their own.
 */
export class CounterGroup<Rule extends LimitRule> {
  readonly limit: string;
  private readonly table: Map<string, MemoryCounter<Rule>>;
  private readonly make: MakeCounter<Rule>;
  /** The keys and their counters, by index: unordered, and accessible without a lookup by key. */
  private readonly keys: string[] = [];
  private readonly counters: MemoryCounter<Rule>[] = [];
  private floor: MemoryCounter<Rule> | undefined;
  /** The index that the next sweep examines; wraps around. */
  private hand = 0;
  /** The index of the last comparison. */
  private sample = 0;

  /** `table` has the counters of all groups by key. */
  constructor(limit: string, table: Map<string, MemoryCounter<Rule>>, make: MakeCounter<Rule>) {
    this.limit = limit;
    this.table = table;
    this.make = make;
  }

  /** How many keys of this limit have a counter of their own. */
  get size(): number {
    return this.keys.length;
  }

  /** Adds a key with its counter. */
  add(key: string, counter: MemoryCounter<Rule>): void {
    this.table.set(key, counter);
    this.keys.push(key);
    this.counters.push(counter);
  }

  /** True when the group can be removed without losing state. */
  isEmptyAt(nowMs: number): boolean {
    return this.keys.length === 0 && (this.floor === undefined || this.floor.isWhole(nowMs));
  }

  /**
   * Returns what a key without a counter may spend: the whole limit, or less when counters of this
   * limit were removed or shared.
   */
  startingLevel(rule: Rule, nowMs: number): number {
    if (this.floor?.isWhole(nowMs) === true) this.floor = undefined;
    if (this.floor === undefined) return sizeOf(rule);
    this.floor.advance(rule, nowMs);
    return this.floor.left;
  }

  /** Returns the floor itself, for a key without room in the table. */
  floorAt(rule: Rule, nowMs: number): MemoryCounter<Rule> {
    const level = this.startingLevel(rule, nowMs);
    return (this.floor ??= this.make(rule, nowMs, level));
  }

  /** Examines `steps` counters and removes those that are full. */
  sweep(steps: number, nowMs: number): void {
    for (let step = Math.min(steps, this.keys.length); step > 0; step--) {
      if (this.hand >= this.keys.length) this.hand = 0;
      if ((this.counters[this.hand] as MemoryCounter<Rule>).isWhole(nowMs))
        this.removeAt(this.hand);
      else this.hand++;
    }
  }

  /**
   * Returns the index of the counter with the most left among `count` of them: among equally used
   * buckets, the least recently used one. Returns -1 when each is in use.
   */
  candidate(count: number, nowMs: number): number {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let step = Math.min(count, this.keys.length); step > 0; step--) {
      this.sample = (this.sample + stride) % this.keys.length;
      const counter = this.counters[this.sample] as MemoryCounter<Rule>;
      const left = counter.leftAt(nowMs);
      if (left <= most || counter.isInUse) continue;
      best = this.sample;
      most = left;
    }
    return best;
  }

  /** Returns what the counter at an index from {@link CounterGroup.candidate} has left. */
  leftAt(index: number, nowMs: number): number {
    return (this.counters[index] as MemoryCounter<Rule>).leftAt(nowMs);
  }

  /**
   * Removes the counter at an index from {@link CounterGroup.candidate}. The floor takes over what
   * its key has spent.
   */
  remove(index: number, nowMs: number): void {
    const { rule } = this.counters[index] as MemoryCounter<Rule>;
    const left = this.leftAt(index, nowMs);
    this.removeAt(index);
    if (left >= sizeOf(rule) || this.startingLevel(rule, nowMs) <= left) return;
    if (this.floor === undefined) this.floor = this.make(rule, nowMs, left);
    else {
      this.floor.left = left;
      this.floor.commit();
    }
  }

  /** Moves the last key to the place of the removed one. */
  private removeAt(index: number): void {
    this.table.delete(this.keys[index] as string);
    const key = this.keys.pop() as string;
    const counter = this.counters.pop() as MemoryCounter<Rule>;
    if (index === this.keys.length) return;
    this.keys[index] = key;
    this.counters[index] = counter;
  }
}
