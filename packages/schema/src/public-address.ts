import { parseIpAddress, type IpAddress } from './ip-address.ts';
import { IpNetworkList } from './ip-network-list.ts';

/**
 * Blocks that are not reachable over the public internet, or name no single host there: the IANA
 * special-purpose address registries (RFC 6890), and multicast. Of IPv6 only 2000::/3 is assigned
 * to public hosts, so everything outside of it is refused.
 */
const special = new IpNetworkList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/3',
  '4000::/2',
  '8000::/1',
  // Teredo, ORCHID and other protocol assignments; documentation.
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
]);

/**
 * Whether an address is one of a host on the public internet: not private, loopback, link-local,
 * shared, documentation, multicast or reserved. An IPv4 address in IPv6 form (mapped, NAT64 of
 * RFC 6052, 6to4 of RFC 3056) is judged as the IPv4 address that it stands for. False for text that
 * is not an address.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseIpAddress(text);
  return address !== undefined && !special.includesAddress(embeddedIpv4(address) ?? address);
}

function embeddedIpv4(address: IpAddress): number | undefined {
  if (typeof address === 'number') return address;
  const [a = 0, b = 0, c = 0, d, e, f, g = 0, h = 0] = address;
  if (a === 0x2002) return b * 65_536 + c;
  const isNat64 = a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0;
  return isNat64 ? g * 65_536 + h : undefined;
}
