import { definePolicySchema } from '@sluice/policy-sdk';
import { unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';

const headerPrefix = 'header:';

/** What `by` may be, apart from `header:` and a header name. */
const countedBy = ['consumer', 'credential', 'address', 'route', 'service', 'gateway'] as const;

export const rateLimitSchema = definePolicySchema({
  name: 'rate-limit',
  summary: 'Lets so many requests pass in so much time, each caller counted apart.',
  phases: ['limit'],
  onError: 'closed',
  config: z.strictObject({
    limit: z.int().min(1).max(1_000_000_000).describe('How many requests, in the long run, per window.'),
    windowSeconds: z.int().min(1).max(86_400).default(1).describe('The time in which the limit is given out, evenly. For longer times use a quota.'),
    burst: z.int().min(1).max(1_000_000_000).optional().describe('How many requests may come at once. The limit, when left out.'),
    by: z
      .string()
      .max(135)
      .regex(
        new RegExp(`^(?:${countedBy.join('|')}|header:[!#$%&'*+.^_\`|~0-9A-Za-z-]{1,128})$`),
        `not something to count by: write ${countedBy.join(', ')} or header:<name>`,
      )
      .superRefine((by, context) => {
        const fault = by.startsWith(headerPrefix) ? unmatchableHeader(by.slice(headerPrefix.length)) : undefined;
        if (fault !== undefined) context.addIssue({ code: 'custom', message: `nothing is counted by ${by}: ${fault}` });
      })
      .default('consumer')
      .describe(
        'Who is counted together: consumer, credential, address, route, service, gateway or header:<name>. ' +
          'Callers without a consumer or credential are counted by address. Requests that no route takes have neither, and are counted together for route and service.',
      ),
    hideHeaders: z.boolean().default(false).describe('Tell the client nothing but Retry-After.'),
  }),
});
