import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

const Pattern = z
  .string()
  .min(3)
  .max(200)
  .regex(/^[\x20-\x7e]+$/, 'not printable ASCII')
  .refine(
    (text) => text.split('*').some((part) => part.length >= 3),
    'write at least three characters that stand together: shorter texts occur in every User-Agent',
  );

const Patterns = z.array(Pattern).max(200).default([]);

export const botDetectionSchema = definePolicySchema({
  name: 'bot-detection',
  summary: 'Refuses programs that name themselves in User-Agent.',
  phases: ['receive'],
  authorizes: true,
  errors: {
    user_agent_denied: { status: 403, title: 'This program may not call here' },
  },
  config: z
    .strictObject({
      deny: Patterns.describe(
        'Texts in the User-Agent of programs that may not call. "*" stands for any characters; upper and lower case are the same.',
      ),
      allow: Patterns.describe(
        'Texts in the User-Agent of programs that may call although "deny" matches.',
      ),
      allowMissing: z
        .boolean()
        .default(true)
        .describe('Whether requests without a User-Agent pass.'),
    })
    .refine(
      ({ deny, allowMissing }) => deny.length > 0 || !allowMissing,
      'refuses nothing: list texts in "deny", or set "allowMissing" to false',
    ),
});
