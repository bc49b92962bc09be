import { setTimeout as sleep } from 'node:timers/promises';
import { clientNetwork } from '@sluice/schema';

const burst = 20;
const refillMs = 3_000;
const maxAddresses = 10_000;
const delayMs = 1_000;
/** The most responses that are delayed at one time. Each of them occupies a connection. */
const maxDelayed = 100;
const maxDelayedPerAddress = 10;

/**
 * Limits failed logins per client address (IPv6: per /64 network), in memory: a burst of twenty, then one every three
 * seconds. Only failures count, and only failures are limited. The number of addresses is bounded;
 * the address whose last failure is the oldest is forgotten first.
 */
export class FailedLogins {
  /**
   * When each address has its full allowance again. The insertion order is that of the last
   * failures.
   */
  private readonly fullAgainAt = new Map<string, number>();
  private readonly delayed = new Map<string, number>();
  private delayedInAll = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts a failure. */
  add(address: string): void {
    const key = clientNetwork(address);
    const from = Math.max(this.now(), this.fullAgainAt.get(key) ?? 0);
    this.fullAgainAt.delete(key);
    this.fullAgainAt.set(key, from + refillMs);
    const [oldest] = this.fullAgainAt.keys();
    if (this.fullAgainAt.size > maxAddresses && oldest !== undefined)
      this.fullAgainAt.delete(oldest);
  }

  /** Seconds until the address may fail again, rounded up; 0 when it may now. */
  retryAfterSeconds(address: string): number {
    const missingMs = (this.fullAgainAt.get(clientNetwork(address)) ?? 0) - this.now();
    return Math.max(0, Math.ceil((missingMs - (burst - 1) * refillMs) / 1_000));
  }

  /**
   * Waits a second; does not wait when the most delayed responses are reached, to protect other
   * callers.
   */
  async delay(address: string): Promise<void> {
    const key = clientNetwork(address);
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
