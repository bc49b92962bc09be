import { definePolicy, deny, reply, type Exchange } from '@sluice/policy-sdk';
import { fillTemplate, hostText } from './location-template.ts';
import { redirectSchema } from './schema.ts';

const defaultHttpsPort = 443;

export const redirect = definePolicy({
  schema: redirectSchema,
  compile({ location, port, status }) {
    const authorityEnd = port === defaultHttpsPort ? '' : `:${port}`;

    function toHttps(exchange: Exchange) {
      if (exchange.scheme === 'https') return undefined;
      // Only HTTP/1.0 requests may lack Host, and without it the location is unknown.
      if (exchange.host === '') return deny('invalid_host', 'Use https, or send a Host header.');
      return reply(status, [
        [
          'Location',
          fillTemplate(`https://${hostText(exchange.host)}${authorityEnd}{path}{query}`, exchange),
        ],
      ]);
    }

    if (location === undefined) return { receive: toHttps };
    return {
      receive: (exchange) => reply(status, [['Location', fillTemplate(location, exchange)]]),
    };
  },
});
