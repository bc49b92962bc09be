import { definePolicySchema } from '@sluice/policy-sdk';
import { Cidr } from '@sluice/schema';
import { z } from 'zod';

export const ipRestrictionSchema = definePolicySchema({
  name: 'ip-restriction',
  summary: 'Allows or refuses requests by the address of the client.',
  phases: ['receive'],
  authorizes: true,
  config: z.strictObject({
    allow: z
      .array(Cidr)
      .max(2_000)
      .default([])
      .describe(
        'Addresses and blocks that may call. When empty, every address that is not denied.',
      ),
    deny: z
      .array(Cidr)
      .max(2_000)
      .default([])
      .describe('Addresses and blocks that may not call, even when "allow" lists them.'),
  }),
});
