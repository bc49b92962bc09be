import { definePolicySchema } from '@sluice/policy-sdk';
import { Cidr } from '@sluice/schema';
import { z } from 'zod';

export const ipRestrictionSchema = definePolicySchema({
  name: 'ip-restriction',
  summary: 'Lets requests pass, or refuses them, by the address of the client.',
  phases: ['receive'],
  config: z.strictObject({
    allow: z.array(Cidr).max(2_000).default([]).describe('Addresses and blocks that may call. When empty, everybody may who is not denied.'),
    deny: z.array(Cidr).max(2_000).default([]).describe('Addresses and blocks that may not call, whatever "allow" says.'),
  }),
});
