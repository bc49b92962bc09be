import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isDnsName, parseTargetAddress } from './address.ts';

/**
 * `host` or `host:port` as in a Host field, RFC 9110 section 7.2. In lower case, as the edge reads
 * hosts.
 */
export const Authority = z
  .string()
  .max(261)
  .transform((text) => text.toLowerCase())
  .refine(
    isAuthority,
    'not a host: write api.example.com, api.example.com:8443, 10.0.0.7 or [2001:db8::1], without scheme, path or spaces',
  )
  .describe('Host, with an optional port.');

/**
 * A name for SNI, RFC 6066 section 3: a DNS name in ASCII and lower case, not an address, without
 * port.
 */
export const DnsName = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .superRefine((text, context) => {
    const message = dnsNameFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('DNS name.');

function isAuthority(text: string): boolean {
  if (text.includes('%')) return false;
  return parseTargetAddress(text) !== undefined || parseTargetAddress(`${text}:80`) !== undefined;
}

function dnsNameFault(text: string): string | undefined {
  const address = text.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(address))
    return 'an IP address is no name: leave it out, and the address of the target is verified';
  if (text.endsWith('.')) return 'write the name without the dot at its end';
  if (/[^\x21-\x7e]/.test(text))
    return 'use letters, digits, "-" and dots only; internationalised names in their ASCII form (xn--…)';
  return isDnsName(text)
    ? undefined
    : 'not a DNS name: write orders.internal, without scheme, port, path and "*"';
}
