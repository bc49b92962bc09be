import { z } from 'zod';

/** Largest request content of a gateway, service or route, in bytes; 0 stands for no limit. */
export const MaxBodyBytes = z.int().min(0).max(1_099_511_627_776);

/** The limits that a service or a route sets in place of those of its gateway. */
export const RequestLimits = z
  .strictObject({
    maxBodyBytes: MaxBodyBytes.optional().describe(
      'Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. The limit of the route counts before that of the service, and that before the one of the gateway.',
    ),
  })
  .prefault({})
  .describe('What requests may be, instead of what the gateway says.');

/**
 * The limit in force, in bytes, of those that route, service and gateway set, the first one that is set counting.
 * Infinity where it is 0.
 */
export function bodyLimit(...limits: readonly (number | undefined)[]): number {
  const limit = limits.find((each) => each !== undefined);
  return limit === undefined || limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
