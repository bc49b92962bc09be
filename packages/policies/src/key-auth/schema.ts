import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName, unmatchableCredentialHeader } from '@sluice/schema';
import { z } from 'zod';

export const keyAuthSchema = definePolicySchema({
  name: 'key-auth',
  summary: 'Authenticates the caller by an API key in a header.',
  phases: ['authenticate'],
  authenticates: true,
  config: z.strictObject({
    headerNames: z
      .array(HeaderName)
      .min(1)
      .max(8)
      .superRefine((names, context) => {
        for (const [index, name] of names.entries()) {
          const fault = unmatchableCredentialHeader(name);
          if (fault !== undefined)
            context.addIssue({
              code: 'custom',
              path: [index],
              message: `no key can come in ${name}: ${fault}`,
            });
        }
      })
      .default(['x-api-key', 'apikey'])
      .describe('Headers that may carry the key. A request may carry only one key.'),
    hideCredentials: z
      .boolean()
      .default(true)
      .describe('Remove these headers before the request goes to the upstream.'),
    optional: z
      .boolean()
      .default(false)
      .describe(
        'Let requests without a key pass as anonymous. A key that is not valid is still refused.',
      ),
  }),
});
