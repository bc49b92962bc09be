import { HeaderValue, Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';
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

/**
 * Consumers that share policies and quotas: a plan, a tier. Each consumer is counted separately.
 */
export const Group = z.strictObject({
  name: Name,
  quotas: z
    .array(Reference)
    .max(16)
    .default([])
    .describe('Quotas of every consumer of the group, counted for each consumer separately.'),
  policies: PolicyAttachments,
  tags: Tags,
});

export type Group = z.output<typeof Group>;
