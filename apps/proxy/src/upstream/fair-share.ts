import type { PooledCall } from './pooled-call.ts';

/**
 * Shares the connections of one target between callers, so that neither one caller nor many slow
 * clients can use all:
 *
 * - one caller (a consumer, or else a client address) uses at most half of them;
 * - requests that still receive content from their clients together use at most half;
 * - of those, requests of slow clients, which began without enough content, use at most a quarter.
 *
 * Calls are counted only while at least the smallest share of the connections is busy.
 */
export class FairShare {
  private readonly half: number;
  private readonly quarter: number;

  /** @param max the connection limit of the target */
  constructor(max: number) {
    this.half = Math.max(Math.ceil(max / 2), 1);
    this.quarter = Math.max(Math.floor(max / 4), 1);
  }

  /**
   * Whether enough connections are busy that a share could be used up. A cheap check before
   * counting.
   */
  mayBeUsedUp(call: PooledCall, busy: number): boolean {
    return busy >= (call.isSlow ? this.quarter : this.half);
  }

  /** Counts calls in progress, for the decisions about several new ones. */
  count(calls: Iterable<PooledCall>): ShareCount {
    return new ShareCount(calls, this.half, this.quarter);
  }

  /**
   * Yields the waiting calls whose share permits a connection, in order. Each yielded call counts
   * against the shares.
   */
  *admitted(waiting: Iterable<PooledCall>, calls: Iterable<PooledCall>): Generator<PooledCall> {
    const count = this.count(calls);
    for (const call of waiting) {
      if (count.isUsedUp(call)) continue;
      count.add(call);
      yield call;
    }
  }
}

/** The number of calls per share. */
export class ShareCount {
  private readonly half: number;
  private readonly quarter: number;
  private readonly byCaller = new Map<string, number>();
  private uploads = 0;
  private slow = 0;

  constructor(calls: Iterable<PooledCall>, half: number, quarter: number) {
    this.half = half;
    this.quarter = quarter;
    for (const call of calls) this.add(call);
  }

  /** Counts one more call. */
  add(call: PooledCall): void {
    const { callerKey } = call;
    if (callerKey !== '') this.byCaller.set(callerKey, (this.byCaller.get(callerKey) ?? 0) + 1);
    if (!call.isUploading) return;
    this.uploads++;
    if (call.isSlow) this.slow++;
  }

  /** Whether the call must wait because its share is used up. */
  isUsedUp(call: PooledCall): boolean {
    const { half, quarter } = this;
    const { callerKey } = call;
    if (callerKey !== '' && (this.byCaller.get(callerKey) ?? 0) >= half) return true;
    if (!call.isUploading) return false;
    return this.uploads >= half || (call.isSlow && this.slow >= quarter);
  }
}
