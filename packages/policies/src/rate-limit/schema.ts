import { definePolicySchema } from '@sluice/policy-sdk';
import { unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';

const headerPrefix = 'header:';

/** The values of `by`, besides `header:` and a header name. */
const countedBy = ['consumer', 'credential', 'address', 'route', 'service', 'gateway'] as const;

export const rateLimitSchema = definePolicySchema({
  name: 'rate-limit',
  summary: 'Limits the rate of requests, for each caller separately.',
  phases: ['limit'],
  onError: 'closed',
  config: z.strictObject({
    limit: z.int().min(1).max(1_000_000_000).describe('Requests per window, on average.'),
    windowSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(1)
      .describe(
        'The length of the window, over which tokens are refilled evenly. For longer windows use a quota.',
      ),
    burst: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('How many requests may arrive at once. Equal to the limit when left out.'),
    by: z
      .string()
      .max(135)
      .regex(
        new RegExp(`^(?:${countedBy.join('|')}|header:[!#$%&'*+.^_\`|~0-9A-Za-z-]{1,128})$`),
        `not a valid value: write ${countedBy.join(', ')} or header:<name>`,
      )
      .superRefine((by, context) => {
        const fault = by.startsWith(headerPrefix)
          ? unmatchableHeader(by.slice(headerPrefix.length))
          : undefined;
        if (fault !== undefined)
          context.addIssue({ code: 'custom', message: `cannot count by ${by}: ${fault}` });
      })
      .default('consumer')
      .describe(
        'Which requests share a counter: those of the same consumer, credential, address, route, service, gateway or header:<name>. ' +
          'Callers without a consumer or credential are counted by address. Requests that match no route share one counter for route and service.',
      ),
    hideHeaders: z
      .boolean()
      .default(false)
      .describe('Send the client no limit fields except Retry-After.'),
  }),
});
