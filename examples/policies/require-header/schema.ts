import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName } from '@sluice/schema';
import { z } from 'zod';

export const schema = definePolicySchema({
  name: 'require-header',
  summary:
    'Refuses requests that lack a header, or that carry another value than one of those allowed.',
  phases: ['validate'],
  config: z.strictObject({
    header: HeaderName.describe('The header that a request must have.'),
    values: z
      .array(z.string().min(1))
      .max(100)
      .default([])
      .describe('The allowed values; any value when the list is empty.'),
  }),
});
