import { definePolicySchema } from '@sluice/policy-sdk';
import { Reference } from '@sluice/schema';
import { z } from 'zod';

const CallersConfig = z
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
    tokenGroups: z
      .array(z.string().min(1).max(256))
      .max(200)
      .default([])
      .describe('Groups exactly as the token of the caller states them. Needs "groupsFrom".'),
  })
  .refine(
    ({ groups, consumers, tokenGroups }) =>
      groups.length + consumers.length + tokenGroups.length > 0,
    'names no callers: list groups, consumers or tokenGroups, or leave the property out',
  );

export const aclSchema = definePolicySchema({
  name: 'acl',
  summary: 'Allows or refuses callers by their groups, or one by one.',
  phases: ['authorize'],
  attach: ['gateway', 'service', 'route'],
  authorizes: true,
  references: {
    'allow/groups/*': 'group',
    'allow/consumers/*': 'consumer',
    'deny/groups/*': 'group',
    'deny/consumers/*': 'consumer',
  },
  errors: {
    groups_overage: { status: 403, title: 'The token does not list all groups of the caller' },
  },
  config: z
    .strictObject({
      groupsFrom: z
        .enum(['consumer', 'token', 'both'])
        .default('consumer')
        .describe(
          'Whose groups count: those of the consumer ("groups"), those that the token states ("tokenGroups"), or both.',
        ),
      allow: CallersConfig.optional().describe(
        'Callers that may call. When left out, every caller that is known and not denied.',
      ),
      deny: CallersConfig.optional().describe(
        'Callers that may not call, even when "allow" names them as well.',
      ),
    })
    .superRefine(({ groupsFrom, allow, deny }, context) => {
      if (allow === undefined && deny === undefined)
        context.addIssue({ code: 'custom', message: 'set "allow", "deny" or both' });
      // A list that is never compared would look like a rule and be none.
      const unused = { consumer: 'tokenGroups', token: 'groups', both: undefined } as const;
      const list = unused[groupsFrom];
      if (list === undefined) return;
      for (const [property, callers] of Object.entries({ allow, deny }))
        if (callers !== undefined && callers[list].length > 0)
          context.addIssue({
            code: 'custom',
            path: [property, list],
            message: `does not count with "groupsFrom": "${groupsFrom}": remove the list, or set "groupsFrom" to "both"`,
          });
    }),
});
