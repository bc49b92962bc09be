import { phcFault } from '@sluice/passwords/phc';
import { z } from 'zod';
import { credentialInput, defineCredentialType, storedCredential } from './credential-type.ts';

const { name, consumer, expiresAt, disabled, tags } = storedCredential;

/** RFC 7617 splits user-id and password at the first colon. */
const username = z
  .string()
  // An empty name has one fault, not that of the pattern as well.
  .min(1, { abort: true })
  .max(255)
  .regex(/^[^\p{Cc}:]+$/u, 'no colon and no control characters')
  .describe(
    'The user-id of the caller. It is compared exactly and belongs to one credential only.',
  );

const passwordHash = z
  .string()
  .max(256)
  .superRefine((text, context) => {
    const fault = phcFault(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

/** User name and password for HTTP Basic authentication (RFC 7617), found by the user name. */
export const basicCredential = defineCredentialType({
  type: 'basic',
  schema: z.strictObject({
    type: z.literal('basic'),
    name,
    consumer,
    username,
    passwordHash: passwordHash.describe('The hashed password, a PHC string.'),
    expiresAt,
    disabled,
    tags,
  }),
  input: z.strictObject({
    type: z.literal('basic').describe('User name and password (RFC 7617).'),
    name: credentialInput.name,
    username,
    password: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe('The password. It is hashed with argon2id, and never shown.'),
    passwordHash: passwordHash
      .optional()
      .describe(
        'Instead of `password`: an existing hash, with argon2id or scrypt as a PHC string, with bcrypt, or `$kong-sha1$<consumer id in Kong>$<SHA-1 in hex>`. Its cost is bounded. Those of bcrypt and Kong are replaced by argon2id when the password is used first.',
      ),
    expiresAt: credentialInput.expiresAt,
    disabled: credentialInput.disabled,
    tags: credentialInput.tags,
  }),
  lookup: { property: 'username', writtenAs: 'username', noun: 'username' },
  secret: 'passwordHash',
  hidden: ['passwordHash'],
});
