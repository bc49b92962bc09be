import { definePolicy, principal } from '@sluice/policy-sdk';
import { anonymousSchema } from './schema.ts';

export const anonymous = definePolicy({
  schema: anonymousSchema,
  compile({ consumer: username }, host) {
    const by = { username };
    return {
      authenticate() {
        const consumer = host.consumers.find(by);
        if (consumer === undefined)
          throw new Error(`the consumer "${username}" of the policy anonymous does not exist`);
        return principal({ consumer });
      },
    };
  },
});
