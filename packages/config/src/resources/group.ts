import { Name, Reference, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { PolicyAttachments } from '../policy-attachment.ts';

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

export const groupKind = defineKind({
  name: 'group',
  collection: 'groups',
  schema: Group,
  references: { 'quotas/*': 'quota' },
  delivery: 'every-node',
  example: () => ({}),
});
