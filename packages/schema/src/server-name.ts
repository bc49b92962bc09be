import { z } from 'zod';
import { DnsName } from './authority.ts';

/**
 * A name that clients ask for in SNI: a DNS name, or `*.` and a domain, which stands for exactly one
 * label on the left (RFC 6125 section 6.4.3). In lower case.
 */
export const ServerName = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .superRefine((text, context) => {
    const name = text.startsWith('*.') ? text.slice(2) : text;
    const parsed = DnsName.safeParse(name);
    for (const { message } of parsed.error?.issues ?? [])
      context.addIssue({ code: 'custom', message: faultOf(text, message) });
    if (parsed.success && name !== text && !name.includes('.'))
      context.addIssue({ code: 'custom', message: 'a wildcard needs a domain of two labels' });
  })
  .describe('DNS name, or "*." and a domain for every name with one label more.');

function faultOf(text: string, message: string): string {
  if (text.includes('*')) return 'a wildcard stands for the leftmost label only: *.example.com';
  return message.startsWith('an IP address')
    ? 'an IP address is no server name: clients do not send SNI for addresses'
    : message;
}
