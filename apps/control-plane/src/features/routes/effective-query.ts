import { z } from 'zod';
import { once } from '../../platform/http/list-query.ts';

const reference = once(z.string().min(1).max(64)).optional();

/** From whose point of view the effective policies are told. */
export const EffectiveQuery = z.object({
  gateway: reference.describe('As seen on this gateway of the route; its first one otherwise.'),
  service: reference.describe('As seen on the way to this service of the route; its first one otherwise.'),
  consumer: reference.describe('As seen by this consumer and its groups; an anonymous caller otherwise.'),
});

export type EffectiveQuery = z.output<typeof EffectiveQuery>;
