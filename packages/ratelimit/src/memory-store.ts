import type { Period } from '@sluice/schema';
import { CounterTable, type FullTable } from './counter-table.ts';
import { systemClock, type LimitClock } from './limit-clock.ts';
import { assertCost, assertRule } from './limit-rule.ts';
import type {
  CalendarWindow,
  LimitDecision,
  LimitRequest,
  LimitStore,
  TokenBucket,
} from './limit-store.ts';
import { BucketCounter, WindowCounter } from './memory-counter.ts';
import type { Counter, LeasableCounter } from './memory-counter.ts';

/** Periods that are longer than the life of most processes. */
const longPeriods: ReadonlySet<Period> = new Set(['day', 'month', 'year']);

export interface MemoryStoreOptions {
  /** The largest number of keys, for each algorithm. 100,000 by default, about 20 MB when full. */
  readonly maxKeys?: number | undefined;
  readonly clock?: LimitClock | undefined;
  /** Called for each new key when the table is full. It must be quick and must not throw. */
  readonly onFull?: ((full: FullTable) => void) | undefined;
  /**
   * Called once, on the first limit per day, month or year, whose count is lost when this process
   * ends.
   */
  readonly onLongWindow?: (() => void) | undefined;
}

/**
 * Counts in this process only: exact for one node, and lost when it ends. Never waits.
 * {@link CounterTable} describes its behaviour when more keys are in use than it may store.
 */
export class MemoryStore implements LimitStore {
  private readonly clock: LimitClock;
  private readonly buckets: CounterTable<TokenBucket>;
  private readonly windows: CounterTable<CalendarWindow>;
  private onLongWindow: (() => void) | undefined;

  /** Throws a RangeError when `maxKeys` is not between 1 and 10,000,000. */
  constructor({
    maxKeys = 100_000,
    clock = systemClock,
    onFull,
    onLongWindow,
  }: MemoryStoreOptions = {}) {
    if (!Number.isInteger(maxKeys) || maxKeys < 1 || maxKeys > 10_000_000)
      throw new RangeError('maxKeys must be between 1 and 10,000,000');
    this.clock = clock;
    this.buckets = new CounterTable(
      maxKeys,
      (rule, nowMs, left) => new BucketCounter(rule, nowMs, left),
      onFull,
    );
    this.onLongWindow = onLongWindow;
    this.windows = new CounterTable(
      maxKeys,
      (rule, nowMs, left) => this.newWindow(rule, nowMs, left),
      onFull,
    );
  }

  /** The number of keys with a counter. */
  get size(): number {
    return this.buckets.size + this.windows.size;
  }

  take(requests: readonly LimitRequest[], cost = 1): readonly LimitDecision[] {
    assertCost(cost);
    const wallMs = this.clock.wallMs();
    const monotonicMs = this.clock.monotonicMs();
    // Most requests have one limit; several must all be checked before any is charged.
    if (requests.length === 1)
      return [this.takeOne(requests[0] as LimitRequest, cost, wallMs, monotonicMs)];
    const counters: Counter[] = [];
    try {
      for (const request of requests) {
        const counter = this.counterAt(request, wallMs, monotonicMs);
        counter.holds++;
        counters.push(counter);
      }
      const allowed = spendFromAll(counters, cost);
      return counters.map((counter, index) => counter.decision(allowed[index] === true, cost));
    } finally {
      for (const counter of counters) counter.holds--;
    }
  }

  /**
   * Returns the current counter of a key, for a {@link LeaseGrantor}; undefined when the key shares
   * one because the table is full. Throws a RangeError for an invalid rule.
   */
  ownCounter({ key, rule, limit }: LimitRequest): LeasableCounter | undefined {
    assertRule(rule);
    if (rule.algorithm === 'token-bucket')
      return this.buckets.ownAt(key, rule, this.clock.monotonicMs(), limit);
    return this.windows.ownAt(key, rule, this.clock.wallMs(), limit);
  }

  /**
   * Updates a counter from {@link MemoryStore.ownCounter} to the present, under its current rule.
   */
  refresh(counter: LeasableCounter): void {
    counter.refresh(this.clock);
  }

  async close(): Promise<void> {
    // There are no timers or connections to close.
  }

  private takeOne(
    request: LimitRequest,
    cost: number,
    wallMs: number,
    monotonicMs: number,
  ): LimitDecision {
    const counter = this.counterAt(request, wallMs, monotonicMs);
    const allowed = counter.left >= cost;
    if (allowed) {
      counter.left -= cost;
      counter.commit();
    } else {
      counter.restore();
    }
    return counter.decision(allowed, cost);
  }

  private counterAt(
    { key, rule, limit }: LimitRequest,
    wallMs: number,
    monotonicMs: number,
  ): Counter {
    assertRule(rule);
    if (rule.algorithm === 'token-bucket') return this.buckets.at(key, rule, monotonicMs, limit);
    return this.windows.at(key, rule, wallMs, limit);
  }

  private newWindow(rule: CalendarWindow, nowMs: number, left: number): WindowCounter {
    if (this.onLongWindow !== undefined && longPeriods.has(rule.period)) {
      this.onLongWindow();
      this.onLongWindow = undefined;
    }
    return new WindowCounter(rule, nowMs, left);
  }
}

/** Spends from each counter, or from none when one refuses. Returns which of them would admit. */
function spendFromAll(counters: readonly Counter[], cost: number): readonly boolean[] {
  const allowed = counters.map((counter) => {
    const admits = counter.left >= cost;
    if (admits) counter.left -= cost;
    return admits;
  });
  const all = !allowed.includes(false);
  for (const counter of counters) {
    if (all) counter.commit();
    else counter.restore();
  }
  return allowed;
}
