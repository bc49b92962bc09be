import { z } from 'zod';

/** Largest request content of a gateway, service or route, in bytes; 0 means no limit. */
export const MaxBodyBytes = z.int().min(0).max(1_099_511_627_776);

/** The limits that a service or a route sets in place of those of its gateway. */
export const RequestLimits = z
  .strictObject({
    maxBodyBytes: MaxBodyBytes.optional().describe(
      'Largest request content, in bytes: of a whole stream in HTTP/2. 0: no limit. The limit of the route takes precedence over that of the service, which takes precedence over that of the gateway.',
    ),
  })
  .prefault({})
  .describe('Limits of requests, in place of those of the gateway.');

/**
 * Returns the limit in force, in bytes: the first that is set among those of route, service and
 * gateway, in this order. Infinity when it is 0.
 */
export function bodyLimit(...limits: readonly (number | undefined)[]): number {
  const limit = limits.find((each) => each !== undefined);
  return limit === undefined || limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
