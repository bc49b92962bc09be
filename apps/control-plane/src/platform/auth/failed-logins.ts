import { setTimeout as sleep } from 'node:timers/promises';

const burst = 20;
const refillMs = 3_000;
const maxAddresses = 10_000;
const delayMs = 1_000;
/** Answers that are held back at one time: each keeps a connection busy. */
const maxDelayed = 100;
const maxDelayedPerAddress = 10;

/**
 * Counts failed logins per client address, in memory: twenty at once, then one every three seconds. Only failures count,
 * and they bear on failures alone. Bounded: the addresses that failed longest ago are forgotten first.
 */
export class FailedLogins {
  /** When the address will have its full allowance again. Insertion order is order of the last failure. */
  private readonly fullAgainAt = new Map<string, number>();
  private readonly delayed = new Map<string, number>();
  private delayedInAll = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Notes a failure. */
  add(address: string): void {
    const key = networkOf(address);
    const from = Math.max(this.now(), this.fullAgainAt.get(key) ?? 0);
    this.fullAgainAt.delete(key);
    this.fullAgainAt.set(key, from + refillMs);
    const [oldest] = this.fullAgainAt.keys();
    if (this.fullAgainAt.size > maxAddresses && oldest !== undefined) this.fullAgainAt.delete(oldest);
  }

  /** Seconds until the address may fail again, rounded up; 0 when it may now. */
  retryAfterSeconds(address: string): number {
    const missingMs = (this.fullAgainAt.get(networkOf(address)) ?? 0) - this.now();
    return Math.max(0, Math.ceil((missingMs - (burst - 1) * refillMs) / 1_000));
  }

  /** Waits a second, or not at all when so many answers are held back already that more would harm other callers. */
  async delay(address: string): Promise<void> {
    const key = networkOf(address);
    const waiting = this.delayed.get(key) ?? 0;
    if (this.delayedInAll >= maxDelayed || waiting >= maxDelayedPerAddress) return;
    this.delayedInAll += 1;
    this.delayed.set(key, waiting + 1);
    try {
      await sleep(delayMs, undefined, { ref: false });
    } finally {
      this.delayedInAll -= 1;
      const left = (this.delayed.get(key) ?? 1) - 1;
      if (left === 0) this.delayed.delete(key);
      else this.delayed.set(key, left);
    }
  }
}

/** One IPv6 caller commands a whole /64, so that counts as one address. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  return [...groups, ...Array.from({ length: missing }, () => '0'), ...tail.split(':')].slice(0, 4).join(':');
}
