import { secret } from '@sluice/schema';
import { z } from 'zod';
import { credentialInput, defineCredentialType, storedCredential } from './credential-type.ts';

const { name, consumer, expiresAt, disabled, tags } = storedCredential;

/** A secret of 512 characters is about 2,200 characters long in its encrypted form. */
const maxStoredLength = 4_096;

/** It is sent in a quoted string, which has no escapes then. */
const username = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'printable ASCII without " and \\')
  .describe(
    'The id of the key, which requests name: `username` or `keyid`. It is compared exactly and belongs to one credential only.',
  );

/** Names of RFC 9421 and of draft-cavage; SHA-1 is for callers that cannot change yet. */
const algorithm = z
  .enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512', 'hmac-sha1'])
  .default('hmac-sha256')
  .describe(
    'The one algorithm for which the secret is used: a request that names another one is refused.',
  );

/** A key for signed requests (`hmac-auth`), found by its id. */
export const hmacCredential = defineCredentialType({
  type: 'hmac',
  schema: z.strictObject({
    type: z.literal('hmac'),
    name,
    consumer,
    username,
    algorithm,
    secret: secret(z.string().min(1).max(maxStoredLength)).describe(
      'The secret; its UTF-8 bytes are the key.',
    ),
    expiresAt,
    disabled,
    tags,
  }),
  input: z.strictObject({
    type: z.literal('hmac').describe('A secret with which the caller signs requests.'),
    name: credentialInput.name,
    username,
    algorithm,
    secret: z
      .string()
      .min(16)
      .max(512)
      .regex(/^\P{Cc}+$/u, 'no control characters')
      .optional()
      .describe(
        'A secret of your own, at least 16 characters; otherwise a random one is generated. It is stored encrypted, because the node needs it to verify signatures.',
      ),
    expiresAt: credentialInput.expiresAt,
    disabled: credentialInput.disabled,
    tags: credentialInput.tags,
  }),
  lookup: { property: 'username', writtenAs: 'username', noun: 'username' },
  secret: 'secret',
  hidden: [],
  shownOnce: { secret: 'The secret itself. It is shown only in this response.' },
});
