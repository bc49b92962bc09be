import { definePolicy } from '@sluice/policy-sdk';
import { fieldsOf } from './fields.ts';
import { securityHeadersSchema } from './schema.ts';

export const securityHeaders = definePolicy({
  schema: securityHeadersSchema,
  compile(config) {
    const fields = fieldsOf(config);
    const { overwrite } = config;

    return {
      respond({ scheme }, { headers }) {
        const isTls = scheme === 'https';
        for (const { name, value, needsTls } of fields) {
          if (needsTls && !isTls) continue;
          if (overwrite || !headers.has(name)) headers.set(name, value);
        }
      },
    };
  },
});
