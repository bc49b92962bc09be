const burst = 20;
const refillMs = 3_000;
const maxAddresses = 10_000;

/**
 * Counts failed logins per client address, in memory: twenty at once, then one every three seconds. While an address has
 * none left, its tokens are not even looked at. Bounded: the addresses that failed longest ago are forgotten first.
 */
export class FailedLogins {
  /** When the address will have its full allowance again. Insertion order is order of the last failure. */
  private readonly fullAgainAt = new Map<string, number>();

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

  /** Seconds until the address may try again, rounded up; 0 when it may now. */
  retryAfterSeconds(address: string): number {
    const missingMs = (this.fullAgainAt.get(networkOf(address)) ?? 0) - this.now();
    return Math.max(0, Math.ceil((missingMs - (burst - 1) * refillMs) / 1_000));
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
