import { parseIpAddress, parseIpNetwork, type IpAddress } from './ip-address.ts';

/**
 * A list of networks for lookups of addresses. Every list of addresses and blocks in a
 * configuration uses it.
 *
 * IPv4 and IPv6 are separate: `::/0` is every IPv6 address and no IPv4 address, `0.0.0.0/0` the
 * reverse. An IPv4 address in IPv6 form is an IPv4 address, in the list and in a lookup. The cost
 * of a lookup depends on the number of different prefix lengths, not on the number of networks.
 */
export class IpNetworkList {
  private readonly ofIpv4 = new Map<number, Set<number>>();
  private readonly ofIpv6 = new Map<number, Set<string>>();

  /** @throws TypeError when one of them is not a network; `Cidr` rejects all such text */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseIpNetwork(text);
      if (network === undefined)
        throw new TypeError(`"${text}" is not an IP address or CIDR block`);
      const { address, bits } = network;
      if (typeof address === 'number') put(this.ofIpv4, bits, ipv4Prefix(address, bits));
      else put(this.ofIpv6, bits, ipv6Prefix(address, bits));
    }
  }

  get isEmpty(): boolean {
    return this.ofIpv4.size + this.ofIpv6.size === 0;
  }

  /** Whether the address lies in one of the networks; false for text that is not an address. */
  includes(text: string): boolean {
    const address = this.isEmpty ? undefined : parseIpAddress(text);
    return address !== undefined && this.includesAddress(address);
  }

  /** The same for a parsed address. */
  includesAddress(address: IpAddress): boolean {
    if (typeof address === 'number') {
      for (const [bits, prefixes] of this.ofIpv4)
        if (prefixes.has(ipv4Prefix(address, bits))) return true;
      return false;
    }
    for (const [bits, prefixes] of this.ofIpv6)
      if (prefixes.has(ipv6Prefix(address, bits))) return true;
    return false;
  }
}

function put<Prefix>(lists: Map<number, Set<Prefix>>, bits: number, prefix: Prefix): void {
  const prefixes = lists.get(bits);
  if (prefixes === undefined) lists.set(bits, new Set([prefix]));
  else prefixes.add(prefix);
}

/** The leading bits of an address as a number; a shift by 32 would be a shift by 0. */
function ipv4Prefix(address: number, bits: number): number {
  return bits === 0 ? 0 : address >>> (32 - bits);
}

/**
 * The leading bits of an address as text: the whole groups, then the leading bits of the next
 * group.
 */
function ipv6Prefix(groups: readonly number[], bits: number): string {
  const whole = bits >> 4;
  const rest = bits & 15;
  const prefix = groups.slice(0, whole);
  if (rest > 0) prefix.push((groups[whole] ?? 0) >> (16 - rest));
  return prefix.join(':');
}
