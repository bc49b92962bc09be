import { every } from '@sluice/errors';
import { systemClock, type LimitClock } from '../limit-clock.ts';
import { decide, sameRule } from '../limit-rule.ts';
import type { LimitDecision, LimitRequest, LimitRule } from '../limit-store.ts';
import type { LeaseGrant, LeaseReport } from './lease.ts';

/** How often is looked at what every lease is used for. What nobody uses goes back after twice that. */
const periodMs = 50;
/** A limit that is asked so often, in this period and the one before, is worth a lease. */
const hotUse = 8;
/** Limits that are looked at; the others are always asked for. */
const maxLeases = 10_000;

/** One limit, as this holder knows it. */
class Lease {
  readonly key: string;
  readonly limit: string | undefined;
  rule: LimitRule;
  /** What may be spent without asking. */
  balance = 0;
  /** Spent, and not reported yet. */
  spent = 0;
  /** What the limit held besides all leases, when it was last heard of. */
  left = 0;
  endMs = Number.POSITIVE_INFINITY;
  /** Asked for in this period, and in the one before. */
  used = 0;
  usedBefore = 0;
  /** At most one question at a time, and no other in a period in which nothing was granted. */
  isRenewing = false;
  isRefused = false;

  constructor({ key, rule, limit }: LimitRequest) {
    this.key = key;
    this.rule = rule;
    this.limit = limit;
  }

  /** What two periods use, as far as one can tell. */
  get demand(): number {
    return 2 * Math.max(this.used, this.usedBefore);
  }
}

interface Renewal {
  readonly lease: Lease;
  /** What was asked under; the grant is good under no other. */
  readonly rule: LimitRule;
}

/**
 * The leases of one holder: parts of limits that are counted elsewhere, which it may spend without asking. Only limits that
 * are asked for often are leased, for about a tenth of a second ahead, and renewed before they are used up.
 */
export class Leases {
  readonly #report: (report: LeaseReport, id: number) => void;
  readonly #clock: LimitClock;
  readonly #buckets = new Map<string, Lease>();
  readonly #windows = new Map<string, Lease>();
  readonly #renewals = new Map<number, Renewal>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `report` brings a report to the {@link LeaseGrantor}, in order; its grant goes to {@link Leases.granted} with the same id, unless that is 0. */
  constructor(report: (report: LeaseReport, id: number) => void, clock = systemClock) {
    this.#report = report;
    this.#clock = clock;
  }

  /** How many limits are looked at. */
  get size(): number {
    return this.#buckets.size + this.#windows.size;
  }

  /** Admits from a lease; undefined when the limit itself must be asked. Never refuses. */
  take(request: LimitRequest, cost: number): LimitDecision | undefined {
    // Whole numbers keep sums exact; a cost of 0 wants to know how the limit itself is doing.
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
    if (lease.balance * 4 <= lease.demand && lease.used + lease.usedBefore >= hotUse) this.#renew(lease);
    return isCovered ? decide(rule, true, lease.left + lease.balance, cost, lease.endMs - wallMs) : undefined;
  }

  /** What came of the report with this id. */
  granted(id: number, { granted, left, endMs }: LeaseGrant): void {
    const renewal = this.#renewals.get(id);
    if (renewal === undefined) return;
    this.#renewals.delete(id);
    const { lease, rule } = renewal;
    lease.isRenewing = false;
    if (!sameRule(lease.rule, rule)) {
      if (granted > 0) this.#report({ key: lease.key, rule, limit: lease.limit, spent: 0, returned: granted, wanted: 0 }, 0);
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

  /** Ends the timer. What is leased is not given back: who ends is forfeited. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Gives back what is not used, and forgets what nobody asks for. To be called every period; a timer does. */
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

  /** The numbers of the limit have changed: what was leased under the others goes back. */
  #adopt(lease: Lease, rule: LimitRule): void {
    if (lease.spent + lease.balance > 0) this.#settle(lease, lease.balance);
    lease.rule = rule;
  }

  /** The window has ended, and with it all that was leased of it. The grantor forgets it when it hears of it. */
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
