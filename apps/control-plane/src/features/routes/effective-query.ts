import { z } from 'zod';
import { once } from '../../platform/http/list-query.ts';

const reference = once(z.string().min(1).max(64)).optional();

/** The query parameters of a route's effective policies. */
export const EffectiveQuery = z.object({
  gateway: reference.describe(
    'A gateway of the route, by name or id. The default is its first gateway.',
  ),
  service: reference.describe(
    'A service of the route, by name or id. The default is its first service.',
  ),
  consumer: reference.describe(
    'A consumer, by name or id, whose policies and those of its groups are included. The default is an anonymous caller.',
  ),
});

export type EffectiveQuery = z.output<typeof EffectiveQuery>;
