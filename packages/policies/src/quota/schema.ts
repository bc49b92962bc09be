import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

export const quotaSchema = definePolicySchema({
  name: 'quota',
  summary: 'Applies the quotas of the consumer, its groups, the route and the service.',
  phases: ['limit'],
  onError: 'closed',
  config: z.strictObject({
    hideHeaders: z
      .boolean()
      .default(false)
      .describe('Send the client no limit fields except Retry-After.'),
  }),
});
