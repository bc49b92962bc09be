import { definePolicySchema } from '@sluice/policy-sdk';
import { Reference } from '@sluice/schema';
import { z } from 'zod';

const Callers = z
  .strictObject({
    groups: z
      .array(Reference)
      .max(200)
      .default([])
      .describe(
        'Groups of consumers, by name or id. Stored by id: renaming a group changes nothing.',
      ),
    consumers: z
      .array(Reference)
      .max(500)
      .default([])
      .describe('Consumers, by name or id. Stored by id.'),
  })
  .refine(
    ({ groups, consumers }) => groups.length + consumers.length > 0,
    'names no callers: list groups or consumers, or leave the property out',
  );

export const aclSchema = definePolicySchema({
  name: 'acl',
  summary: 'Allows or refuses callers by their groups, or one by one.',
  phases: ['authorize'],
  attach: ['gateway', 'service', 'route'],
  references: {
    'allow/groups/*': 'group',
    'allow/consumers/*': 'consumer',
    'deny/groups/*': 'group',
    'deny/consumers/*': 'consumer',
  },
  config: z
    .strictObject({
      allow: Callers.optional().describe(
        'Callers that may call. When left out, every caller that is known and not denied.',
      ),
      deny: Callers.optional().describe(
        'Callers that may not call, even when "allow" names them as well.',
      ),
    })
    .refine(
      ({ allow, deny }) => allow !== undefined || deny !== undefined,
      'set "allow", "deny" or both',
    ),
});
