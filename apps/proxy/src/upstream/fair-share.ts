import type { PooledCall } from './pooled-call.ts';

/**
 * How the connections of one target are shared between those who use them at the same time, so that none of them, nor a crowd of
 * slow ones, takes what all need:
 *
 * - one caller (a consumer, or else a client address) has at most half of them;
 * - requests whose content is still on its way have at most half of them together;
 * - those of them that began without enough of their content, because the client is slow, have at most a quarter.
 *
 * Nothing is counted while fewer connections are busy than the smallest share.
 */
export class FairShare {
  private readonly half: number;
  private readonly quarter: number;

  /** @param max connections of the target */
  constructor(max: number) {
    this.half = Math.max(Math.ceil(max / 2), 1);
    this.quarter = Math.max(Math.floor(max / 4), 1);
  }

  /** Whether so many connections are busy that a share could be used up: only then is there anything to count. */
  mayBeUsedUp(call: PooledCall, busy: number): boolean {
    return busy >= (call.isSlow ? this.quarter : this.half);
  }

  /** Whether the call is to wait, because its share is used up. @param calls all that are under way */
  isUsedUp(call: PooledCall, calls: Iterable<PooledCall>): boolean {
    return new ShareCount(calls).isUsedUp(call, this.half, this.quarter);
  }

  /** Those of the waiting calls that may go on now, in order, when `busy` are under way; each counts for those behind it. */
  *admitted(waiting: Iterable<PooledCall>, calls: Iterable<PooledCall>): Generator<PooledCall> {
    const count = new ShareCount(calls);
    for (const call of waiting) {
      if (count.isUsedUp(call, this.half, this.quarter)) continue;
      count.add(call);
      yield call;
    }
  }
}

/** Who has how many. */
class ShareCount {
  private readonly byCaller = new Map<string, number>();
  private uploads = 0;
  private slow = 0;

  constructor(calls: Iterable<PooledCall>) {
    for (const call of calls) this.add(call);
  }

  add(call: PooledCall): void {
    const { callerKey } = call;
    if (callerKey !== '') this.byCaller.set(callerKey, (this.byCaller.get(callerKey) ?? 0) + 1);
    if (!call.isUploading) return;
    this.uploads++;
    if (call.isSlow) this.slow++;
  }

  isUsedUp(call: PooledCall, half: number, quarter: number): boolean {
    const { callerKey } = call;
    if (callerKey !== '' && (this.byCaller.get(callerKey) ?? 0) >= half) return true;
    if (!call.isUploading) return false;
    return this.uploads >= half || (call.isSlow && this.slow >= quarter);
  }
}
