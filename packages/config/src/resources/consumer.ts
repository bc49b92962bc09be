import { HeaderValue, Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { PolicyAttachments } from '../policy-attachment.ts';

/** A caller of APIs: a person, a program or a customer. */
export const Consumer = z.strictObject({
  username: Name,
  customId: HeaderValue.min(1)
    .max(256)
    .optional()
    .describe('Your own identifier for this caller; upstreams receive it.'),
  groups: z
    .array(Reference)
    .max(64)
    .default([])
    .describe('Groups whose policies and quotas apply to the consumer.'),
  quotas: z.array(Reference).max(16).default([]).describe("The consumer's own quotas."),
  policies: PolicyAttachments,
  tags: Tags,
});

export type Consumer = z.output<typeof Consumer>;

export const consumerKind = defineKind({
  name: 'consumer',
  collection: 'consumers',
  schema: Consumer,
  nameProperty: 'username',
  references: { 'groups/*': 'group', 'quotas/*': 'quota' },
  delivery: 'every-node',
  example: (name) => ({ customId: `crm-${name}` }),
});
