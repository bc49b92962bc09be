import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Reads an address in the form in which lists and counters compare it: an IPv4 address that comes as IPv6
 * (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is an IPv4 address, and a zone (`%eth0`) is left away. Undefined for
 * anything that is no address.
 */
export function parseAddress(text: string): Address | undefined {
  const zone = text.indexOf('%');
  const plain = zone < 0 ? text : text.slice(0, zone);
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : undefined;
}

/**
 * What one client is for a counter: an IPv4 address, or an IPv6 network of 64 bits, within which a client can choose
 * addresses as it likes.
 */
export function clientNetwork(text: string): string {
  if (!text.includes(':')) return text;
  const address = parseAddress(text);
  if (address === undefined || address.kind() === 'ipv4') return address?.toString() ?? text;
  return `${(address as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
