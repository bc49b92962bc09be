import ipaddr from 'ipaddr.js';

/** An IP address: IPv4 as an unsigned number of 32 bits, IPv6 as its eight groups of 16 bits. */
export type IpAddress = number | readonly number[];

const decimalPart = /^(?:0|[1-9]\d{0,2})$/;
const dot = 0x2e;
const zero = 0x30;

/**
 * Parses an address into the form in which lists and counters compare it. An IPv4 address in IPv6
 * form, in either spelling (`::ffff:192.0.2.1` or `::ffff:c000:201`, RFC 4291 section 2.5.5.2),
 * becomes an IPv4 address; a zone (`%eth0`, RFC 4007 section 11) is dropped. Undefined for anything
 * else, including short and octal forms.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  const zone = text.indexOf('%');
  const groups = parseIpv6(zone < 0 ? text : text.slice(0, zone));
  return groups === undefined ? undefined : (mappedIpv4(groups) ?? groups);
}

/** Parses four decimal parts, without leading zeros. */
function parseIpv4(text: string): number | undefined {
  let address = 0;
  let part = -1;
  let parts = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? dot : text.charCodeAt(at);
    if (code === dot) {
      if (part < 0) return undefined;
      address = address * 256 + part;
      parts++;
      part = -1;
      continue;
    }
    const digit = code - zero;
    // Some parsers read digits after a leading zero as octal.
    if (digit < 0 || digit > 9 || part === 0) return undefined;
    part = part < 0 ? digit : part * 10 + digit;
    if (part > 255) return undefined;
  }
  return parts === 4 ? address : undefined;
}

/** Parses the eight groups of an IPv6 address without a zone. */
function parseIpv6(text: string): readonly number[] | undefined {
  const tailAt = text.lastIndexOf(':') + 1;
  let plain = text;
  if (text.includes('.')) {
    // Parsed here, because the library treats ::192.0.2.1 as ::ffff:192.0.2.1 and accepts octal
    // parts.
    const tail = parseIpv4(text.slice(tailAt));
    if (tail === undefined) return undefined;
    plain = `${text.slice(0, tailAt)}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`;
  }
  return ipaddr.IPv6.isValid(plain) ? ipaddr.IPv6.parse(plain).parts : undefined;
}

function mappedIpv4(groups: readonly number[]): number | undefined {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups;
  return a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff
    ? high * 65_536 + low
    : undefined;
}

/** A block of addresses of one family. */
export interface IpNetwork {
  readonly address: IpAddress;
  /** How many leading bits count: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly bits: number;
}

/**
 * Parses a block in CIDR notation (RFC 4632, RFC 4291 section 2.3), or a single address. A block
 * within `::ffff:0:0/96` is an IPv4 block; a wider block that contains it is an IPv6 block.
 * Undefined for everything else, including addresses with a zone.
 */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  const plain = slash < 0 ? text : text.slice(0, slash);
  const digits = slash < 0 ? undefined : text.slice(slash + 1);
  if (digits !== undefined && !decimalPart.test(digits)) return undefined;
  if (!plain.includes(':')) {
    const address = parseIpv4(plain);
    const bits = Number(digits ?? 32);
    return address === undefined || bits > 32 ? undefined : { address, bits };
  }
  if (plain.includes('%')) return undefined;
  const groups = parseIpv6(plain);
  const bits = Number(digits ?? 128);
  if (groups === undefined || bits > 128) return undefined;
  const mapped = bits >= 96 ? mappedIpv4(groups) : undefined;
  return mapped === undefined ? { address: groups, bits } : { address: mapped, bits: bits - 96 };
}

/** Formats an address: IPv4 in four decimal parts, IPv6 in the short form of RFC 5952. */
export function formatIpAddress(address: IpAddress): string {
  if (typeof address !== 'number') return new ipaddr.IPv6([...address]).toRFC5952String();
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/**
 * Returns the key that identifies a client to a counter: an IPv4 address, or the /64 network of an
 * IPv6 address, within which a client can choose addresses freely. Text that is not an address is
 * returned unchanged.
 */
export function clientNetwork(text: string): string {
  if (!text.includes(':')) return text;
  const address = parseIpAddress(text);
  if (address === undefined) return text;
  if (typeof address === 'number') return formatIpAddress(address);
  return `${address
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
