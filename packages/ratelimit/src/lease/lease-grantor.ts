import type { LeasableCounter } from '../memory-counter.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { LeaseGrant, LeaseReport } from './lease.ts';

/** The part of what is left that all holders together may get with one question each: the rest is there for whoever asks. */
const lentShare = 1 / 8;
/** Less than that saves nobody a question. So of a limit that is nearly used up nothing is lent: whoever wants the last of it asks. */
const smallestLease = 8;

interface Loan {
  readonly counter: LeasableCounter;
  readonly endMs: number;
  amount: number;
}

const nothing: LeaseGrant = { granted: 0, left: 0, endMs: Number.POSITIVE_INFINITY };

/**
 * Lends one holder parts of the limits that a store counts, to be spent without asking. What is lent counts as spent until
 * it comes back, so that all together never admit more than the limit says; they may admit less, by what somebody holds
 * and does not use.
 *
 * Invariants: of a bucket, level and loans together are at most the burst, so that what is lent is not refilled meanwhile;
 * what is lent of a window is worth nothing once the window has ended; nothing is settled twice.
 */
export class LeaseGrantor {
  readonly #store: MemoryStore;
  readonly #holders: number;
  readonly #loans = new Map<string, Loan>();

  /** `holders` is how many there are of it, each with a grantor of its own on the same store. */
  constructor(store: MemoryStore, holders: number) {
    this.#store = store;
    this.#holders = holders;
  }

  /** How many limits the holder has a lease of. */
  get size(): number {
    return this.#loans.size;
  }

  /** Settles what the holder reports, and lends it more if it wants more. Throws a RangeError for a rule that makes no sense. */
  renew(report: LeaseReport): LeaseGrant {
    const name = `${report.rule.algorithm} ${report.key}`;
    this.#settle(name, report.spent, report.returned);
    return report.wanted > 0 ? this.#lend(name, report) : nothing;
  }

  /** The holder is gone, and nobody knows what it has spent: all it had counts as spent. */
  forfeit(): void {
    for (const name of this.#loans.keys()) this.#settle(name, Number.POSITIVE_INFINITY, 0);
  }

  #settle(name: string, spent: number, returned: number): void {
    const loan = this.#loans.get(name);
    if (loan === undefined) return;
    // Under the rule it has: a holder may not have heard of the newest.
    this.#store.refresh(loan.counter);
    if (loan.counter.endMs === loan.endMs) {
      const gone = Math.min(spent, loan.amount);
      const back = Math.min(returned, loan.amount - gone);
      loan.counter.settle(gone, back);
      loan.amount -= gone + back;
    } else loan.amount = 0;
    if (loan.amount === 0) this.#loans.delete(name);
  }

  #lend(name: string, report: LeaseReport): LeaseGrant {
    const counter = this.#store.ownCounter(report);
    if (counter === undefined) return nothing;
    const most = Math.min(report.wanted, Math.floor((counter.left * lentShare) / this.#holders));
    const granted = most >= smallestLease ? most : 0;
    if (granted > 0) {
      counter.lend(granted);
      const loan = this.#loans.get(name);
      // A counter of which something is lent stays as long as that is worth something.
      if (loan === undefined || loan.endMs !== counter.endMs) this.#loans.set(name, { counter, endMs: counter.endMs, amount: granted });
      else loan.amount += granted;
    }
    return { granted, left: counter.left, endMs: counter.endMs };
  }
}
