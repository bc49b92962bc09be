import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

export const requestSizeLimitSchema = definePolicySchema({
  name: 'request-size-limit',
  summary: 'Refuses requests whose content is too large.',
  phases: ['validate'],
  config: z.strictObject({
    maxBodyBytes: z
      .int()
      .min(0)
      .max(1_099_511_627_776)
      .describe(
        'The largest request content, in bytes. The limit of the route, its service or the gateway applies as well.',
      ),
  }),
});
