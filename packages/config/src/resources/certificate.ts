import { Name, Reference, secret, ServerName, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { exampleCertificate, exampleKey } from './example-pem.ts';

/** The largest PEM text of a certificate chain or a bundle of CA certificates, in bytes. */
export const maxPemBytes = 49_152;

/** A certificate chain with its private key, which gateways present to clients. */
export const Certificate = z.strictObject({
  name: Name,
  certificate: z
    .string()
    .min(1)
    .max(maxPemBytes)
    .describe(
      'PEM: the certificate, then the intermediate certificates that lead to its root, 48 KiB at most.',
    ),
  key: secret(z.string().min(1).max(8_192)).describe(
    'PEM: the private key, not encrypted. RSA of 2048 bits or more, or an elliptic curve: P-256, P-384, P-521, Ed25519. It is stored encrypted and never shown; without it a write keeps the stored one.',
  ),
  gateways: z
    .array(Reference)
    .max(64)
    .default(['default'])
    .describe(
      'Gateways that present the certificate. Without it: the gateway `default`. Empty: services alone refer to it.',
    ),
  serverNames: z
    .array(ServerName)
    .min(1)
    .max(128)
    .optional()
    .describe(
      'Names in SNI for which it is presented; the certificate must be valid for them. The default is every DNS name of the certificate.',
    ),
  tags: Tags,
});

export type Certificate = z.output<typeof Certificate>;

/** What the Admin API reads from a certificate. */
const CertificateFacts = z.object({
  notBefore: z.string().describe('The instant from which the certificate is valid.'),
  notAfter: z.string().describe('The instant at which it expires.'),
  names: z.array(z.string()).describe('The DNS names and IP addresses of the certificate.'),
  fingerprint: z.string().describe('SHA-256 of the certificate in DER, lower-case hex.'),
});

export const certificateKind = defineKind({
  name: 'certificate',
  collection: 'certificates',
  schema: Certificate,
  computed: CertificateFacts,
  references: { 'gateways/*': 'gateway' },
  delivery: 'by-gateway',
  since: 1,
  example: () => ({ certificate: exampleCertificate, key: exampleKey, gateways: [] }),
  shown: {
    notBefore: '2020-01-01T00:00:00.000Z',
    notAfter: '2099-01-01T00:00:00.000Z',
    names: ['example.com', '*.example.com'],
    fingerprint: '5f'.repeat(32),
  },
});
