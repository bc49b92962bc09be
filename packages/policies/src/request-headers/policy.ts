import { definePolicy } from '@sluice/policy-sdk';
import { headerChanges } from '../header-fields/header-changes.ts';
import { requestHeadersSchema } from './schema.ts';

export const requestHeaders = definePolicy({
  schema: requestHeadersSchema,
  compile(config) {
    const change = headerChanges(config);
    return {
      transform({ headers }) {
        change(headers);
        return undefined;
      },
    };
  },
});
