import { credentialTypes } from '@sluice/config';
import { z } from 'zod';
import { ListQuery, once } from '../../platform/http/list-query.ts';

const types = Object.keys(credentialTypes);

const secondsByUnit: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };
const form = /^([1-9]\d{0,3})([mhd])$/;

/** A duration such as `90d`; its value is in seconds. */
const duration = once(
  z
    .string()
    .regex(form, 'must be a duration such as 90d, 12h or 30m')
    .transform((text) => {
      const [, count, unit = ''] = form.exec(text) ?? [];
      return Number(count) * (secondsByUnit[unit] ?? 0);
    }),
).optional();

/** The query parameters of lists of keys. */
export const KeyListQuery = ListQuery.extend({
  unused: duration.describe(
    'Lists only credentials that exist for this long, and that no connected node has reported as used during it, such as 90d.',
  ),
  expiring: duration.describe(
    'Lists only credentials that expire within this time from now, such as 30d.',
  ),
});

export type KeyListQuery = z.output<typeof KeyListQuery>;

/** The query parameters of lists of credentials. */
export const CredentialListQuery = KeyListQuery.extend({
  type: once(z.enum(types, `must be one of ${types.join(', ')}`))
    .optional()
    .describe('Lists only credentials of this type.'),
});

export type CredentialListQuery = z.output<typeof CredentialListQuery>;
