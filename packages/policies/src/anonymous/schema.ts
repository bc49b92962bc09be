import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

export const anonymousSchema = definePolicySchema({
  name: 'anonymous',
  summary: 'Gives requests without a credential the identity of a consumer.',
  phases: ['authenticate'],
  authenticates: 'fallback',
  onError: 'closed',
  config: z.strictObject({
    consumer: z
      .string()
      .min(1)
      .max(255)
      .describe('Username of the consumer as which such requests are treated.'),
    ignoreAuthorization: z
      .boolean()
      .default(false)
      .describe(
        'Admit requests with an Authorization header that no policy understands, because it is meant for the upstream.',
      ),
  }),
});
