import { Name, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { maxPemBytes } from './certificate.ts';
import { exampleCa } from './example-pem.ts';

/** The largest PEM text of revocation lists, in bytes: some 5,000 certificates. */
const maxCrlBytes = 262_144;

/** CA certificates that gateways and services trust. */
export const Ca = z.strictObject({
  name: Name,
  certificates: z
    .string()
    .min(1)
    .max(maxPemBytes)
    .describe('PEM: the trusted CA certificates, 48 KiB at most. List only those that are needed.'),
  crls: z
    .string()
    .min(1)
    .max(maxCrlBytes)
    .meta({ since: 1, ifUnknown: 'refuse' })
    .optional()
    .describe(
      'PEM: certificate revocation lists (blocks X509 CRL), 256 KiB at most, each signed by one of the certificates. Gateways refuse the certificates of clients that are listed, also on open connections. A list that has expired still applies.',
    ),
  tags: Tags,
});

export type Ca = z.output<typeof Ca>;

/** What the Admin API reads from CA certificates. */
const CaFacts = z.object({
  subjects: z.array(z.string()).describe('The subject of each certificate.'),
  notAfter: z.string().describe('The instant at which the first of them expires.'),
  crlsNextUpdate: z
    .string()
    .optional()
    .describe('The instant until which the first of the revocation lists is to be replaced.'),
});

export const caKind = defineKind({
  name: 'ca',
  collection: 'cas',
  schema: Ca,
  computed: CaFacts,
  delivery: 'by-gateway',
  since: 1,
  example: () => ({ certificates: exampleCa }),
  shown: { subjects: ['CN=Example CA'], notAfter: '2099-01-01T00:00:00.000Z' },
});
