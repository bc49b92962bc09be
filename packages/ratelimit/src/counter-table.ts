import { GatewayError } from '@sluice/errors';
import { sizeOf } from './limit-rule.ts';
import type { LimitRule } from './limit-store.ts';
import type { MemoryCounter } from './memory-counter.ts';

/** Makes a counter that holds `left`. */
type MakeCounter<Rule extends LimitRule> = (rule: Rule, nowMs: number, left: number) => MemoryCounter<Rule>;

/** Counters looked at whenever one is added: two at least, so that forgetting outpaces adding. */
const sweepPerKey = 2;
/** Counters looked at before the table calls itself full. */
const sweepWhenFull = 64;
/** Rules that can share a counter at the same time; each is a limit in the configuration. */
const maxSharedCounters = 10_000;

/**
 * Counters by key, at most `maxKeys` of them.
 *
 * Only a counter that is whole again is forgotten, because forgetting any other would give its tokens back early. A
 * flood of keys can therefore fill the table. From then on the new keys of one rule share one counter: they get less
 * than they were promised, never more. A key that gets a counter of its own later begins with what the shared one holds,
 * so that nobody spends twice.
 */
export class CounterTable<Rule extends LimitRule> {
  private readonly counters = new Map<string, MemoryCounter<Rule>>();
  private readonly shared = new Map<string, MemoryCounter<Rule>>();
  private readonly make: MakeCounter<Rule>;
  private readonly maxKeys: number;
  /** Goes round and round; an iterator of a Map takes additions and removals into account. */
  private hand: Iterator<[string, MemoryCounter<Rule>], undefined> = this.counters.entries();

  constructor(maxKeys: number, make: MakeCounter<Rule>) {
    this.maxKeys = maxKeys;
    this.make = make;
  }

  /** How many keys have a counter of their own. */
  get size(): number {
    return this.counters.size;
  }

  /** The counter of a key, brought to `nowMs`. Throws a GatewayError when there is room for none, not even a shared one. */
  at(key: string, rule: Rule, nowMs: number): MemoryCounter<Rule> {
    let counter = this.counters.get(key);
    if (counter === undefined) counter = this.admit(key, rule, nowMs);
    counter.advance(rule, nowMs);
    return counter;
  }

  /** The same, unless it is one that the key has to share. */
  ownAt(key: string, rule: Rule, nowMs: number): MemoryCounter<Rule> | undefined {
    const counter = this.at(key, rule, nowMs);
    return this.counters.get(key) === counter ? counter : undefined;
  }

  private admit(key: string, rule: Rule, nowMs: number): MemoryCounter<Rule> {
    const shared = this.sharedCounter(rule, nowMs);
    this.sweep(sweepPerKey, nowMs);
    if (this.counters.size >= this.maxKeys) this.sweep(sweepWhenFull, nowMs);
    if (this.counters.size >= this.maxKeys) return shared ?? this.addShared(rule, nowMs);
    const counter = this.make(rule, nowMs, shared?.left ?? sizeOf(rule));
    this.counters.set(key, counter);
    return counter;
  }

  private sweep(steps: number, nowMs: number): void {
    for (let step = 0; step < steps; step++) {
      let next = this.hand.next();
      if (next.done === true) {
        this.hand = this.counters.entries();
        next = this.hand.next();
        if (next.done === true) return;
      }
      const [key, counter] = next.value;
      if (counter.isWhole(nowMs)) this.counters.delete(key);
    }
  }

  private sharedCounter(rule: Rule, nowMs: number): MemoryCounter<Rule> | undefined {
    if (this.shared.size === 0) return undefined;
    const name = ruleName(rule);
    const counter = this.shared.get(name);
    if (counter?.isWhole(nowMs) === true) {
      this.shared.delete(name);
      return undefined;
    }
    counter?.advance(rule, nowMs);
    return counter;
  }

  private addShared(rule: Rule, nowMs: number): MemoryCounter<Rule> {
    if (this.shared.size >= maxSharedCounters) {
      for (const [name, counter] of this.shared) if (counter.isWhole(nowMs)) this.shared.delete(name);
      if (this.shared.size >= maxSharedCounters) {
        throw new GatewayError('policy_failed', { detail: 'Too many limits are in use at once. Try again later.' });
      }
    }
    const counter = this.make(rule, nowMs, sizeOf(rule));
    this.shared.set(ruleName(rule), counter);
    return counter;
  }
}

function ruleName(rule: LimitRule): string {
  return rule.algorithm === 'token-bucket' ? `${rule.ratePerSecond}/${rule.burst}` : `${rule.limit}/${rule.period}`;
}
