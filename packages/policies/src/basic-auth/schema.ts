import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import { checkRequired, laterRequired } from '../authentication/schema.ts';

export const basicAuthSchema = definePolicySchema({
  name: 'basic-auth',
  summary: 'Authenticates the caller by user name and password.',
  phases: ['authenticate'],
  authenticates: true,
  onError: 'closed',
  config: z
    .strictObject({
      realm: z
        .string()
        .min(1)
        .max(64)
        .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'not printable ASCII without " and \\')
        .default('sluice')
        .describe('Name of the protected area, which browsers show.'),
      hideCredentials: z
        .boolean()
        .default(true)
        .describe('Remove the password before the request goes to the upstream.'),
      optional: z
        .boolean()
        .default(false)
        .describe(
          'Let requests without a password pass as anonymous. A password that is not valid is still refused.',
        ),
      cacheSeconds: z
        .int()
        .min(0)
        .max(300)
        .default(60)
        .describe(
          'How long a password that was verified is not hashed again, in each process. 0: hash it for each request.',
        ),
      required: laterRequired,
    })
    .superRefine(checkRequired),
});
