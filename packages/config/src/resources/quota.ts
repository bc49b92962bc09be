import { Name, periods, Tags } from '@sluice/schema';
import { z } from 'zod';
import { defineKind } from '../kind.ts';

/** One limit of a quota. */
export const QuotaLimit = z
  .strictObject({
    requests: z
      .int()
      .min(1)
      .max(1_000_000_000_000)
      .describe('Number of requests that the limit admits per period.'),
    per: z.enum(periods).describe('The period. Without a burst it is a calendar window in UTC.'),
    burst: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe(
        'Makes the limit a token bucket of this capacity, refilled evenly. Only for periods up to an hour.',
      ),
  })
  .refine(
    (limit) => limit.burst === undefined || ['second', 'minute', 'hour'].includes(limit.per),
    {
      message: 'burst is allowed per second, minute and hour only',
      path: ['burst'],
    },
  );

export type QuotaLimit = z.output<typeof QuotaLimit>;

/** A named set of limits, attached to consumers, groups, routes or services. */
export const Quota = z.strictObject({
  name: Name,
  limits: z.array(QuotaLimit).min(1).max(8).describe('Limits that all apply at the same time.'),
  tags: Tags,
});

export type Quota = z.output<typeof Quota>;

export const quotaKind = defineKind({
  name: 'quota',
  collection: 'quotas',
  schema: Quota,
  delivery: 'every-node',
  example: () => ({ limits: [{ requests: 1_000, per: 'hour' }] }),
});
