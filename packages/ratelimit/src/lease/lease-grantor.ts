import type { LeasableCounter } from '../memory-counter.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { LeaseGrant, LeaseReport } from './lease.ts';

/**
 * The share of the remaining count that all holders together may lease with one report each; the
 * rest stays for direct requests.
 */
const leasedShare = 1 / 8;
/**
 * A smaller lease saves too few requests to the store. So nothing is leased of a limit that is
 * nearly exhausted.
 */
const smallestLease = 8;

interface HeldLease {
  readonly counter: LeasableCounter;
  readonly endMs: number;
  amount: number;
}

const nothing: LeaseGrant = { granted: 0, left: 0, endMs: Number.POSITIVE_INFINITY };

/**
 * Grants one holder leases: parts of the limits of a store, which the holder spends without a
 * request to the store. A lease counts as spent until it is returned, so that all holders together
 * never exceed the limit; they may admit less, when a holder does not use its lease.
 *
 * Invariants: the level of a bucket and its leases together are at most the burst, so that a leased
 * part is not refilled; a lease of a window expires with the window; nothing is settled twice.
 */
export class LeaseGrantor {
  readonly #store: MemoryStore;
  readonly #holders: number;
  readonly #leases = new Map<string, HeldLease>();

  /** `holders` is the number of holders, each with its own grantor on the same store. */
  constructor(store: MemoryStore, holders: number) {
    this.#store = store;
    this.#holders = holders;
  }

  /** The number of limits of which the holder has a lease. */
  get size(): number {
    return this.#leases.size;
  }

  /**
   * Settles the report of the holder, and grants more on request. Throws a RangeError for an
   * invalid rule.
   */
  renew(report: LeaseReport): LeaseGrant {
    const name = `${report.rule.algorithm} ${report.key}`;
    this.#settle(name, report.spent, report.returned);
    return report.wanted > 0 ? this.#grant(name, report) : nothing;
  }

  /** Ends all leases of a holder that has disconnected: what it held counts as spent. */
  forfeit(): void {
    for (const name of this.#leases.keys()) this.#settle(name, Number.POSITIVE_INFINITY, 0);
  }

  #settle(name: string, spent: number, returned: number): void {
    const lease = this.#leases.get(name);
    if (lease === undefined) return;
    // Keeps the counter's rule: the holder may not know the latest one.
    this.#store.refresh(lease.counter);
    if (lease.counter.endMs === lease.endMs) {
      const gone = Math.min(spent, lease.amount);
      const back = Math.min(returned, lease.amount - gone);
      lease.counter.settle(gone, back);
      lease.amount -= gone + back;
    } else lease.amount = 0;
    if (lease.amount === 0) this.#leases.delete(name);
  }

  #grant(name: string, report: LeaseReport): LeaseGrant {
    const counter = this.#store.ownCounter(report);
    if (counter === undefined) return nothing;
    const most = Math.min(report.wanted, Math.floor((counter.left * leasedShare) / this.#holders));
    const granted = most >= smallestLease ? most : 0;
    if (granted > 0) {
      counter.lease(granted);
      const lease = this.#leases.get(name);
      // A counter with leases stays in the table until they expire.
      if (lease === undefined || lease.endMs !== counter.endMs)
        this.#leases.set(name, { counter, endMs: counter.endMs, amount: granted });
      else lease.amount += granted;
    }
    return { granted, left: counter.left, endMs: counter.endMs };
  }
}
