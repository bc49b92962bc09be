/**
 * Counts connections per client address.
 *
 * IPv6 counts by /64 network, because one household or machine commonly owns a whole /64 and could
 * otherwise use any number of addresses. IPv4 in IPv6 form (`::ffff:192.0.2.1`) counts as IPv4.
 */
export class AddressCounter {
  private readonly max: number;
  private readonly counts = new Map<string, number>();

  constructor(maxPerAddress: number) {
    this.max = maxPerAddress;
  }

  /** Counts one connection of the key; returns false when the limit is reached. */
  acquire(key: string): boolean {
    const count = this.counts.get(key) ?? 0;
    if (count >= this.max) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  /** Ends the count of one connection that `acquire` counted. */
  release(key: string): void {
    const count = this.counts.get(key) ?? 0;
    if (count <= 1) this.counts.delete(key);
    else this.counts.set(key, count - 1);
  }

  /** The number of keys with at least one connection. */
  get size(): number {
    return this.counts.size;
  }
}

/**
 * Gives the key under which an address is counted: IPv4 in dotted form, or the /64 network of an
 * IPv6 address.
 */
export { clientNetwork as addressKey } from '@sluice/schema';
