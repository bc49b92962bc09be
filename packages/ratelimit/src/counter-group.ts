import { sizeOf } from './limit-rule.ts';
import type { LimitRule } from './limit-store.ts';
import type { MemoryCounter } from './memory-counter.ts';

/** Makes a counter that holds `left`. */
export type MakeCounter<Rule extends LimitRule> = (rule: Rule, nowMs: number, left: number) => MemoryCounter<Rule>;

/** A prime, so that the steps of the hand reach every index, and neighbours are seldom compared with each other. */
const stride = 7_919;

/**
 * The keys of one limit in a counter table, and the floor of the limit: a counter that stands for all of its keys that have
 * none of their own.
 */
export class CounterGroup<Rule extends LimitRule> {
  readonly limit: string;
  private readonly table: Map<string, MemoryCounter<Rule>>;
  private readonly make: MakeCounter<Rule>;
  /** The keys and their counters, by index: in no order, and found without looking keys up. */
  private readonly keys: string[] = [];
  private readonly counters: MemoryCounter<Rule>[] = [];
  private floor: MemoryCounter<Rule> | undefined;
  /** The index examined next by a sweep: goes round and round. */
  private hand = 0;
  /** The index compared last. */
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

  /** Gives a key its counter. */
  add(key: string, counter: MemoryCounter<Rule>): void {
    this.table.set(key, counter);
    this.keys.push(key);
    this.counters.push(counter);
  }

  /** True when nothing would be lost by forgetting the group. */
  isEmptyAt(nowMs: number): boolean {
    return this.keys.length === 0 && (this.floor === undefined || this.floor.isWhole(nowMs));
  }

  /** What a key without a counter has: the whole limit, or less when counters of this limit were removed or shared. */
  startingLevel(rule: Rule, nowMs: number): number {
    if (this.floor?.isWhole(nowMs) === true) this.floor = undefined;
    if (this.floor === undefined) return sizeOf(rule);
    this.floor.advance(rule, nowMs);
    return this.floor.left;
  }

  /** The floor itself, for a key for which there is no room. */
  floorAt(rule: Rule, nowMs: number): MemoryCounter<Rule> {
    const level = this.startingLevel(rule, nowMs);
    return (this.floor ??= this.make(rule, nowMs, level));
  }

  /** Examines so many counters and removes those that are full. */
  sweep(steps: number, nowMs: number): void {
    for (let step = Math.min(steps, this.keys.length); step > 0; step--) {
      if (this.hand >= this.keys.length) this.hand = 0;
      if ((this.counters[this.hand] as MemoryCounter<Rule>).isWhole(nowMs)) this.removeAt(this.hand);
      else this.hand++;
    }
  }

  /**
   * The index of the counter with the most left among `count` of them: of buckets that were used alike, the least recently
   * used one. -1 when a part of each is lent: what was lent has to find its counter when it comes back.
   */
  candidate(count: number, nowMs: number): number {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let step = Math.min(count, this.keys.length); step > 0; step--) {
      this.sample = (this.sample + stride) % this.keys.length;
      const counter = this.counters[this.sample] as MemoryCounter<Rule>;
      const left = counter.leftAt(nowMs);
      if (left <= most || counter.hasLent) continue;
      best = this.sample;
      most = left;
    }
    return best;
  }

  /** What the counter at an index that {@link CounterGroup.candidate} gave has left. */
  leftAt(index: number, nowMs: number): number {
    return (this.counters[index] as MemoryCounter<Rule>).leftAt(nowMs);
  }

  /** Removes the counter at an index that {@link CounterGroup.candidate} gave. The floor takes over what its key has used. */
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

  /** The last key takes the place of the removed one. */
  private removeAt(index: number): void {
    this.table.delete(this.keys[index] as string);
    const key = this.keys.pop() as string;
    const counter = this.counters.pop() as MemoryCounter<Rule>;
    if (index === this.keys.length) return;
    this.keys[index] = key;
    this.counters[index] = counter;
  }
}
