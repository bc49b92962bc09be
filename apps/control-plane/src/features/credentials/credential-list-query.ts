import { credentialTypes } from '@sluice/config';
import { z } from 'zod';
import { ListQuery, once } from '../../platform/http/list-query.ts';

const types = Object.keys(credentialTypes);

/** The query parameters of lists of credentials. */
export const CredentialListQuery = ListQuery.extend({
  type: once(z.enum(types, `must be one of ${types.join(', ')}`))
    .optional()
    .describe('Lists only credentials of this type.'),
});

export type CredentialListQuery = z.output<typeof CredentialListQuery>;
