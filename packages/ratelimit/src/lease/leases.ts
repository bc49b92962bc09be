import { every } from '@sluice/errors';
import { systemClock, type LimitClock } from '../limit-clock.ts';
import { decide, sameRule } from '../limit-rule.ts';
import type { LimitDecision, LimitRequest, LimitRule } from '../limit-store.ts';
import type { LeaseGrant, LeaseReport } from './lease.ts';

/**
 * Period in which the use of every lease is checked. Unused leases are returned after two periods.
 */
const periodMs = 50;
/** A limit with this many requests in this period and the previous one is worth a lease. */
const hotUse = 8;
/** The largest number of tracked limits; requests for others always go to the store. */
const maxLeases = 10_000;

/** The state of one limit in this holder. */
class Lease {
  readonly key: string;
  readonly limit: string | undefined;
  rule: LimitRule;
  /** What may be spent without a request to the store. */
  balance = 0;
  /** Spent but not reported yet. */
  spent = 0;
  /** What the limit had left apart from all leases, as of the last grant. */
  left = 0;
  endMs = Number.POSITIVE_INFINITY;
  /** Requests in this period, and in the previous one. */
  used = 0;
  usedBefore = 0;
  /** At most one renewal at a time, and none in a period in which nothing was granted. */
  isRenewing = false;
  isRefused = false;

  constructor({ key, rule, limit }: LimitRequest) {
    this.key = key;
    this.rule = rule;
    this.limit = limit;
  }

  /** The estimated use of two periods. */
  get demand(): number {
    return 2 * Math.max(this.used, this.usedBefore);
  }
}

interface Renewal {
  readonly lease: Lease;
  /** The rule of the renewal; the grant is valid under no other rule. */
  readonly rule: LimitRule;
}

/**
 * The leases of one holder: parts of limits that another process counts, which the holder spends
 * without a request to it. Only frequently used limits are leased, for about a tenth of a second
 * ahead, and leases are renewed before they run out.
 */
export class Leases {
  readonly #report: (report: LeaseReport, id: number) => void;
  readonly #clock: LimitClock;
  readonly #buckets = new Map<string, Lease>();
  readonly #windows = new Map<string, Lease>();
  readonly #renewals = new Map<number, Renewal>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * `report` sends a report to the {@link LeaseGrantor}, in order; the grant arrives at
   * {@link Leases.granted} with the same id, unless the id is 0.
   */
  constructor(report: (report: LeaseReport, id: number) => void, clock = systemClock) {
    this.#report = report;
    this.#clock = clock;
  }

  /** The number of tracked limits. */
  get size(): number {
    return this.#buckets.size + this.#windows.size;
  }

  /** Admits from a lease; undefined when the store must decide. Never refuses. */
  take(request: LimitRequest, cost: number): LimitDecision | undefined {
    // Whole numbers keep sums exact; a cost of 0 asks for the state of the limit itself.
    if (!Number.isInteger(cost) || cost < 1) return undefined;
    const { rule } = request;
    const lease = this.#leaseOf(request);
    if (lease === undefined) return undefined;
    lease.used += cost;
    const wallMs = rule.algorithm === 'window' ? this.#clock.wallMs() : 0;
    if (!sameRule(lease.rule, rule)) this.#adopt(lease, rule);
    if (wallMs >= lease.endMs) this.#expire(lease);
    const isCovered = lease.balance >= cost;
    if (isCovered) {
      lease.balance -= cost;
      lease.spent += cost;
    }
    if (lease.balance * 4 <= lease.demand && lease.used + lease.usedBefore >= hotUse)
      this.#renew(lease);
    return isCovered
      ? decide(rule, true, lease.left + lease.balance, cost, lease.endMs - wallMs)
      : undefined;
  }

  /** Applies the grant for the report with this id. */
  granted(id: number, { granted, left, endMs }: LeaseGrant): void {
    const renewal = this.#renewals.get(id);
    if (renewal === undefined) return;
    this.#renewals.delete(id);
    const { lease, rule } = renewal;
    lease.isRenewing = false;
    if (!sameRule(lease.rule, rule)) {
      if (granted > 0)
        this.#report(
          { key: lease.key, rule, limit: lease.limit, spent: 0, returned: granted, wanted: 0 },
          0,
        );
      return;
    }
    if (lease.endMs !== endMs) {
      lease.balance = 0;
      lease.spent = 0;
    }
    lease.endMs = endMs;
    lease.left = left;
    lease.balance += granted;
    lease.isRefused = granted === 0;
  }

  /** Ends the timer. Leases are not returned: the grantor forfeits those of a holder that ends. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Returns unused leases, and forgets limits without requests. A timer calls it every period. */
  sweep(): void {
    for (const leases of [this.#buckets, this.#windows]) {
      for (const lease of leases.values()) {
        if (lease.endMs <= this.#clock.wallMs()) this.#expire(lease);
        const surplus = lease.balance > 2 * lease.demand ? lease.balance - lease.demand : 0;
        if (lease.spent + surplus > 0) this.#settle(lease, surplus);
        if (lease.used === 0 && lease.balance === 0 && !lease.isRenewing) leases.delete(lease.key);
        lease.usedBefore = lease.used;
        lease.used = 0;
        lease.isRefused = false;
      }
    }
    if (this.size === 0) this.close();
  }

  #leaseOf(request: LimitRequest): Lease | undefined {
    const { key } = request;
    const leases = request.rule.algorithm === 'token-bucket' ? this.#buckets : this.#windows;
    let lease = leases.get(key);
    if (lease === undefined && this.size < maxLeases) {
      leases.set(key, (lease = new Lease(request)));
      this.#timer ??= every('limits', periodMs, () => this.sweep()).unref();
    }
    return lease;
  }

  /** Returns the lease when the numbers of the limit have changed. */
  #adopt(lease: Lease, rule: LimitRule): void {
    if (lease.spent + lease.balance > 0) this.#settle(lease, lease.balance);
    lease.rule = rule;
  }

  /** Drops the lease of a window that has ended. The grantor drops it with the next report. */
  #expire(lease: Lease): void {
    lease.balance = 0;
    lease.spent = 0;
    lease.endMs = Number.POSITIVE_INFINITY;
    this.#settle(lease, 0);
  }

  #settle(lease: Lease, returned: number): void {
    const { key, rule, limit, spent } = lease;
    lease.spent = 0;
    lease.balance -= returned;
    this.#report({ key, rule, limit, spent, returned, wanted: 0 }, 0);
  }

  #renew(lease: Lease): void {
    if (lease.isRenewing || lease.isRefused) return;
    lease.isRenewing = true;
    const { key, rule, limit, spent, demand } = lease;
    lease.spent = 0;
    const id = ++this.#lastId;
    this.#renewals.set(id, { lease, rule });
    this.#report({ key, rule, limit, spent, returned: 0, wanted: demand }, id);
  }
}
