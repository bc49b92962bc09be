import { boundedRecord, secret } from '@sluice/schema';
import { z } from 'zod';

/** Members of a JWK that only its owner may have (RFC 7518, section 6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** A public key as a JWK (RFC 7517). */
const Jwk = boundedRecord(
  z.union([z.string().max(8_192), z.array(z.string().max(16_384)).max(16), z.boolean()]),
  24,
).superRefine((jwk, context) => {
  const found = privateMembers.find((name) => Object.hasOwn(jwk, name));
  if (found === undefined) return;
  context.addIssue({
    code: 'custom',
    path: [found],
    message: 'belongs to a private key: give the public key only, and a secret as "secret"',
  });
});

const Pem = z
  .string()
  .max(16_384)
  .regex(
    /^\s*-----BEGIN (?:RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----/,
    'not a public key or certificate in PEM, which begins with -----BEGIN PUBLIC KEY-----',
  );

/** The signature algorithms that tokens may have (RFC 7518, RFC 8037). */
export const AlgorithmName = z.enum([
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]);

/** One key of an issuer, in one of three forms. */
export const StaticKey = z
  .strictObject({
    kid: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe('Name of the key: `kid` in the header of tokens. When left out: any.'),
    algorithm: AlgorithmName.optional().describe('Restricts the key to one algorithm.'),
    pem: Pem.optional().describe('A public key or a certificate, in PEM.'),
    jwk: Jwk.optional().describe('A public key as a JWK.'),
    secret: secret(z.string().min(1).max(16_384))
      .optional()
      .describe('A secret for HMAC, as long as the hash at least: 32 bytes for HS256.'),
    encoding: z
      .enum(['utf8', 'base64'])
      .default('utf8')
      .describe('How `secret` is written: as text, or as base64 or base64url of its bytes.'),
  })
  .superRefine((key, context) => {
    const forms = [key.pem, key.jwk, key.secret].filter((form) => form !== undefined);
    if (forms.length !== 1)
      context.addIssue({ code: 'custom', message: 'give one of "pem", "jwk" and "secret"' });
    const isHmac = key.algorithm?.startsWith('HS') ?? key.secret !== undefined;
    if (forms.length === 1 && isHmac !== (key.secret !== undefined))
      context.addIssue({
        code: 'custom',
        path: ['algorithm'],
        message: isHmac ? 'needs a secret' : 'needs a public key, not a secret',
      });
  });

export type StaticKeyConfig = z.output<typeof StaticKey>;

/** The length of a secret in bytes. */
export function secretLength({ secret: text = '', encoding }: StaticKeyConfig): number {
  return encoding === 'utf8'
    ? new TextEncoder().encode(text).length
    : Math.floor((text.replace(/=+$/, '').length * 3) / 4);
}
