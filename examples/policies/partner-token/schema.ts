import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

export const schema = definePolicySchema({
  name: 'partner-token',
  summary: 'Authenticates partners by the bearer tokens that are configured for them.',
  phases: ['authenticate', 'transform', 'settle'],
  authenticates: true,
  errors: {
    partner_token_unknown: { status: 401, title: 'The token belongs to no partner' },
  },
  config: z.strictObject({
    partners: z
      .array(
        z.strictObject({
          name: z.string().min(1).describe('The name of the partner, for upstream and log.'),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/)
            .describe('SHA-256 of its token, in lower-case hexadecimal digits.'),
        }),
      )
      .min(1)
      .max(100)
      .describe('The partners that may call.'),
  }),
});
