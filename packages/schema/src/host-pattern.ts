import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const exactHost = new RegExp(`^${label}(?:\\.${label})*$`);

/** `api.example.com`, `*.example.com` (any number of labels on the left), an IPv4 address, or an IPv6 address in brackets. */
export const HostPattern = z
  .string()
  .max(253)
  .transform((text) => text.toLowerCase())
  .refine(isHostPattern, 'not a host: write api.example.com, *.example.com or an IP address, without scheme and port')
  .describe('Exact host, or "*." and a domain for every host below it. Without port.');

function isHostPattern(text: string): boolean {
  if (text.startsWith('[') && text.endsWith(']')) return ipaddr.IPv6.isValid(text.slice(1, -1));
  return exactHost.test(text.startsWith('*.') ? text.slice(2) : text);
}
