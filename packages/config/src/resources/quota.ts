import { Name, Tags } from '@sluice/schema';
import { z } from 'zod';

/** One limit of a quota. */
export const QuotaLimit = z
  .strictObject({
    requests: z.int().min(1).max(1_000_000_000_000).describe('How many requests.'),
    per: z.enum(['second', 'minute', 'hour', 'day', 'month', 'year']).describe('In which time. Windows are calendar windows in UTC.'),
    burst: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('Makes it a token bucket: refilled evenly, holding at most so many. Up to an hour only.'),
  })
  .refine((limit) => limit.burst === undefined || ['second', 'minute', 'hour'].includes(limit.per), {
    message: 'burst goes with second, minute and hour',
    path: ['burst'],
  });

export type QuotaLimit = z.output<typeof QuotaLimit>;

/** A named set of limits, attached to consumers, groups, routes or services. */
export const Quota = z.strictObject({
  name: Name,
  limits: z.array(QuotaLimit).min(1).max(8).describe('All of them hold at once.'),
  tags: Tags,
});

export type Quota = z.output<typeof Quota>;
