import { Instant, Name, Reference, secret, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';

const use = z.enum(['identity', 'session']);

const activeAt = Instant.optional().describe(
  'RFC 3339 instant from which nodes use the key. Until then it is only published and accepted. Of the keys that are active, nodes use the one with the latest instant.',
);

/** A key with which the nodes of a gateway sign what they state, or encrypt what clients keep. */
export const SigningKey = z.strictObject({
  name: Name,
  gateway: Reference,
  use: use.describe(
    'identity: signs the identity of callers for upstreams (ES256). session: encrypts session cookies (A256GCM).',
  ),
  key: secret(z.string().min(1).max(2_048)).describe(
    'PKCS #8 PEM of the private key on P-256 for identity; 32 bytes in base64url for session. It is stored encrypted and never shown.',
  ),
  publicKey: z
    .string()
    .max(1_024)
    .optional()
    .describe('PEM of the public key; identity only. Nodes serve it as JWK with the id as `kid`.'),
  activeAt,
  tags: Tags,
});

export type SigningKey = z.output<typeof SigningKey>;

/** The content of a creation: the control plane generates the key. */
export const SigningKeyInput = z.strictObject({
  name: Name,
  use: use.describe('What the key is for; it cannot be changed.'),
  activeAt: activeAt.describe(
    'RFC 3339 instant from which nodes use the key. The default is ten minutes later, so that upstreams have read the public key by then.',
  ),
  tags: Tags,
});

export type SigningKeyInput = z.output<typeof SigningKeyInput>;

export const signingKeyKind = defineKind({
  name: 'signingKey',
  collection: 'signingKeys',
  schema: SigningKey,
  input: SigningKeyInput,
  owner: { kind: 'gateway', property: 'gateway' },
  references: { gateway: 'gateway' },
  delivery: 'by-gateway',
  since: 1,
  example: () => ({ use: 'session', activeAt: '2026-01-02T03:04:05Z' }),
  stored: { gateway: 'default', key: 'secret' },
});
