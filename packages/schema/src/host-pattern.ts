import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const exactHost = new RegExp(`^${label}(?:\\.${label})*$`);

/**
 * `api.example.com`, `*.example.com` (any number of labels on the left), an IPv4 address, or an
 * IPv6 address in brackets.
 */
export const HostPattern = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .superRefine((text, context) => {
    const normal = normalAddress(text);
    if (normal !== undefined && normal !== text) {
      context.addIssue({
        code: 'custom',
        message: `write ${normal}: hosts are compared in their shortest form`,
      });
    }
  })
  .refine(
    isHostPattern,
    'not a host: write api.example.com, *.example.com or an IP address, without scheme and port',
  )
  .describe('Exact host, or "*." and a domain for all of its subdomains. Without port.');

/**
 * Returns an IPv6 address in the canonical form of RFC 5952, in brackets as in URLs; undefined for
 * everything else.
 */
function normalAddress(text: string): string | undefined {
  if (!text.startsWith('[') || !isHostPattern(text)) return undefined;
  return URL.parse(`http://${text}/`)?.hostname;
}

function isHostPattern(text: string): boolean {
  // A zone, as in [fe80::1%eth0], is not part of a Host field.
  if (text.startsWith('[') && text.endsWith(']'))
    return ipaddr.IPv6.isValid(text.slice(1, -1)) && !text.includes('%');
  return exactHost.test(text.startsWith('*.') ? text.slice(2) : text);
}
