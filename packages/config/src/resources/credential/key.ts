import { z } from 'zod';
import { credentialInput, defineCredentialType, storedCredential } from './credential-type.ts';

const { name, consumer, expiresAt, disabled, tags } = storedCredential;

/** An API key, as a configuration file and older versions hold it: only its hash. */
const hash = z
  .string()
  .max(64)
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 of the key, lower-case hex.');
const prefix = z.string().max(16).describe('The first characters, which help to recognise a key.');

const short = z
  .boolean()
  .optional()
  .describe(
    'The key has fewer than 16 characters, or may have: it comes from another system, and should be replaced.',
  );

/** An API key, found by its hash. */
export const keyCredential = defineCredentialType({
  type: 'key',
  schema: z.strictObject({
    type: z.literal('key'),
    name,
    consumer,
    hash,
    prefix,
    short: short.meta({ since: 1, ifUnknown: 'skip' }),
    expiresAt,
    disabled,
    tags,
  }),
  input: z.strictObject({
    type: z.literal('key').describe('An API key.'),
    name: credentialInput.name,
    key: z
      .string()
      .min(1, { abort: true })
      .max(512)
      .regex(/^[\x21-\x7e]+$/, 'visible ASCII without spaces')
      .optional()
      .describe(
        'A key of your own, at least 16 characters unless `short` is true; otherwise a random one is generated. It is never shown again.',
      ),
    hash: z
      .string()
      .max(64)
      .regex(/^[0-9a-fA-F]{64}$/, 'not the SHA-256 of a key in hex: 64 digits')
      .optional()
      .describe('Instead of `key`: the SHA-256 of an existing key, in hex, for imports.'),
    prefix: prefix.optional().describe('With `hash`: the first characters of the key, if known.'),
    short,
    expiresAt: credentialInput.expiresAt,
    disabled: credentialInput.disabled,
    tags: credentialInput.tags,
  }),
  lookup: { property: 'hash', writtenAs: 'key', noun: 'key' },
  hidden: ['hash'],
  shownOnce: { key: 'The key itself. It is shown only in this response.' },
});

/** A key of the short path `/v1/consumers/{consumer}/keys`, as clients write it. */
export const KeyInput = keyCredential.input.omit({ type: true });
