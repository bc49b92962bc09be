import { definePolicy } from '@sluice/policy-sdk';
import { headerChanges } from '../header-fields/header-changes.ts';
import { responseHeadersSchema } from './schema.ts';

export const responseHeaders = definePolicy({
  schema: responseHeadersSchema,
  compile(config) {
    const change = headerChanges(config);
    return {
      respond: (_exchange, { headers }) => change(headers),
    };
  },
});
