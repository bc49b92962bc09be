import { secret } from '@sluice/schema';
import { z } from 'zod';
import { credentialInput, defineCredentialType, storedCredential } from './credential-type.ts';

const { name, consumer, expiresAt, disabled, tags } = storedCredential;

/** A secret of 1,024 characters is about 4,300 characters long in its encrypted form. */
const maxStoredLength = 8_192;

const key = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}+$/u, 'no control characters')
  .describe(
    'What tokens name the credential by: the claim `iss`, unless the policy reads another one. It is compared exactly and belongs to one credential only.',
  );

const algorithm = z
  .enum([
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
  ])
  .describe('The only algorithm that the signatures of its tokens may have.');

const publicKey = z
  .string()
  .max(16_384)
  .regex(
    /^\s*-----BEGIN (?:RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----/,
    'not a public key or certificate in PEM',
  )
  .describe('The public key in PEM, for all algorithms but HS256, HS384 and HS512.');

/** A key with which a consumer signs its own tokens (policy `jwt`), found by its `key`. */
export const jwtCredential = defineCredentialType({
  type: 'jwt',
  schema: z.strictObject({
    type: z.literal('jwt'),
    name,
    consumer,
    key,
    algorithm,
    publicKey: publicKey.optional(),
    secret: secret(z.string().min(1).max(maxStoredLength))
      .optional()
      .describe('The secret of HS256, HS384 and HS512; its UTF-8 bytes are the key.'),
    expiresAt,
    disabled,
    tags,
  }),
  input: z.strictObject({
    type: z.literal('jwt').describe('A key with which the caller signs its own tokens (JWT).'),
    name: credentialInput.name,
    key: key.optional(),
    algorithm: algorithm.optional(),
    publicKey: publicKey.optional(),
    secret: z
      .string()
      .min(1)
      .max(1_024)
      .regex(/^\P{Cc}+$/u, 'no control characters')
      .optional()
      .describe(
        'The secret of HS256, HS384 and HS512, as long as the hash at least; its UTF-8 bytes are the key. Without one a random secret is generated. It is stored encrypted.',
      ),
    expiresAt: credentialInput.expiresAt,
    disabled: credentialInput.disabled,
    tags: credentialInput.tags,
  }),
  lookup: { property: 'key', writtenAs: 'key', noun: 'key' },
  secret: ({ algorithm: named, publicKey: pem, secret: shared }) =>
    `${String(named)} ${String(pem ?? shared)}`,
  hidden: [],
  shownOnce: { secret: 'The secret itself. It is shown only in this response.' },
});
