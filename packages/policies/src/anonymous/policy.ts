import { definePolicy, FieldName, principal } from '@sluice/policy-sdk';
import { anonymousSchema } from './schema.ts';

export const anonymous = definePolicy({
  schema: anonymousSchema,
  compile({ consumer: username, ignoreAuthorization }, host) {
    const by = { username };
    const authorization = new FieldName('authorization');
    return {
      authenticate(exchange) {
        // A credential was presented; that no policy understands it does not make it good.
        if (!ignoreAuthorization && exchange.headers.has(authorization)) return undefined;
        const consumer = host.consumers.find(by);
        if (consumer === undefined)
          throw new Error(`the consumer "${username}" of the policy anonymous does not exist`);
        return principal({ consumer });
      },
    };
  },
});
