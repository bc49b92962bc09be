import { Instant, Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';

/** An API key of a consumer, as clients write it. */
export const KeyInput = z.strictObject({
  name: Name,
  key: z
    .string()
    .min(16)
    .max(512)
    .regex(/^[\x21-\x7e]+$/, 'visible ASCII without spaces')
    .optional()
    .describe(
      'A key of your own, at least 16 characters; otherwise a random one is generated. It is never shown again.',
    ),
  expiresAt: Instant.optional().describe('RFC 3339 instant after which the key is refused.'),
  tags: Tags,
});

/** A key as stored and streamed: only its hash. */
export const Key = z.strictObject({
  name: Name,
  consumer: Reference,
  hash: z
    .string()
    .max(64)
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the key, lower-case hex.'),
  prefix: z.string().max(16).describe('The first characters, which help to recognise a key.'),
  expiresAt: Instant.optional(),
  tags: Tags,
});

export type Key = z.output<typeof Key>;

export const keyKind = defineKind({
  name: 'key',
  collection: 'keys',
  schema: Key,
  input: KeyInput,
  owner: { kind: 'consumer', property: 'consumer' },
  references: { consumer: 'consumer' },
  hidden: ['hash'],
  delivery: 'every-node',
  removal: 'Revoke',
  example: () => ({ expiresAt: '2099-01-01T00:00:00Z' }),
  stored: { consumer: 'example', hash: '0'.repeat(64), prefix: 'slk_4fT0aXbQ' },
});
