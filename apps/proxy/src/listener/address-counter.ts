/**
 * Counts connections per client address.
 *
 * IPv6 counts by /64, because one household or machine commonly owns a whole one and could otherwise appear under any
 * number of addresses. IPv4 in IPv6 form (`::ffff:192.0.2.1`) counts as IPv4.
 */
export class AddressCounter {
  private readonly max: number;
  private readonly counts = new Map<string, number>();

  constructor(maxPerAddress: number) {
    this.max = maxPerAddress;
  }

  /** Takes one place for the key. False when all of them are taken. */
  enter(key: string): boolean {
    const count = this.counts.get(key) ?? 0;
    if (count >= this.max) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  /** Gives a place back that `enter` gave. */
  leave(key: string): void {
    const count = this.counts.get(key) ?? 0;
    if (count <= 1) this.counts.delete(key);
    else this.counts.set(key, count - 1);
  }

  /** How many keys hold a place. */
  get size(): number {
    return this.counts.size;
  }
}

/** What an address counts as: IPv4 in dotted form, or the /64 of an IPv6 address. */
export { clientNetwork as addressKey } from '@sluice/schema';
