import { definePolicy, deny } from '@sluice/policy-sdk';
import { schema } from './schema.ts';

export const policy = definePolicy({
  schema,
  compile(config) {
    // Runs once per configuration: prepare here whatever does not depend on a request.
    const name = config.header.toLowerCase();
    const allowed = new Set(config.values);

    return {
      validate(exchange) {
        const value = exchange.headers.get(name);
        if (value === undefined) return deny('forbidden', `Send the header ${config.header}.`);
        if (allowed.size > 0 && !allowed.has(value))
          return deny('forbidden', `The value of ${config.header} is not one of those allowed.`);
        return undefined;
      },
    };
  },
});
