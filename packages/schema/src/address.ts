import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { parseIpNetwork } from './ip-address.ts';

/** An address block in CIDR notation (RFC 4632, RFC 4291), or a single address. */
export const Cidr = z
  .string()
  .max(64)
  .refine(isCidr, 'not an IP address or CIDR block, such as 10.0.0.0/8 or 2001:db8::/32')
  .describe(
    'IP address or CIDR block. ::/0 is every IPv6 address and no IPv4 address; ::ffff:10.0.0.0/104 is 10.0.0.0/8.',
  );

/**
 * True for `10.0.0.0/8`, `10.1.2.3`, `2001:db8::/32`, `::1`; false for everything else, including
 * octal and short forms and zones.
 */
export function isCidr(text: string): boolean {
  return parseIpNetwork(text) !== undefined;
}

/**
 * `host:port` of a target: a DNS name, an IPv4 address or an IPv6 address in brackets, and a port
 * from 1 to 65535.
 */
export const TargetAddress = z
  .string()
  .max(261)
  .refine(
    (text) => parseTargetAddress(text) !== undefined,
    'not host:port, such as 127.0.0.1:9101, orders.internal:80 or [::1]:8080',
  )
  .describe('host:port, with IPv6 addresses in brackets.');

export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const dnsName =
  /^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

/** Splits `host:port`; undefined when it is not one. */
export function parseTargetAddress(text: string): HostPort | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 1) return undefined;
  const portText = text.slice(colon + 1);
  if (!/^[1-9]\d{0,4}$/.test(portText)) return undefined;
  const port = Number(portText);
  if (port > 65535) return undefined;
  const host = text.slice(0, colon);
  if (host.startsWith('[') && host.endsWith(']')) {
    const address = host.slice(1, -1);
    return ipaddr.IPv6.isValid(address) ? { host: address, port } : undefined;
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(host)) return { host, port };
  return isDnsName(host) ? { host: host.toLowerCase(), port } : undefined;
}

/**
 * Whether the text is a DNS name in ASCII; `_` is allowed, because names of container networks
 * contain it.
 */
export function isDnsName(text: string): boolean {
  // Some resolvers read a last label of digits only as an IPv4 address (RFC 1123 section 2.1).
  return dnsName.test(text) && !/(?:^|\.)\d+$/.test(text);
}
