import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName, unmatchableCredentialHeader } from '@sluice/schema';
import { z } from 'zod';
import { checkRequired, laterRequired } from '../authentication/schema.ts';

/** Properties that were added later have no defaults, because older nodes do not know them. */
const later = { since: 1, ifUnknown: 'refuse' } as const;

/** Names of query parameters and cookies: characters that are never encoded in either. */
const partNames = z
  .array(
    z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z0-9._~-]+$/, 'only letters, digits, and . _ ~ -'),
  )
  .max(8)
  .optional();

export const keyAuthSchema = definePolicySchema({
  name: 'key-auth',
  summary: 'Authenticates the caller by an API key in a header, the query, or a cookie.',
  phases: ['authenticate'],
  authenticates: true,
  config: z
    .strictObject({
      headerNames: z
        .array(HeaderName)
        .max(8)
        .superRefine((names, context) => {
          for (const [index, name] of names.entries()) {
            const fault = unmatchableCredentialHeader(name);
            if (fault !== undefined)
              context.addIssue({
                code: 'custom',
                path: [index],
                message: `no key can come in ${name}: ${fault}`,
              });
          }
        })
        .default(['x-api-key', 'apikey'])
        .describe('Headers that may carry the key. A request may carry only one key.'),
      queryNames: partNames
        .describe(
          'Query parameters that may carry the key, for clients that cannot set headers. Logs and histories of clients and of other proxies may keep such URLs.',
        )
        .meta(later),
      cookieNames: partNames.describe('Cookies that may carry the key.').meta(later),
      webSocketProtocol: z
        .string()
        .min(1)
        .max(64)
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a token')
        .optional()
        .describe(
          'Prefix of a WebSocket subprotocol that carries the key after it, such as `key.`, for browsers.',
        )
        .meta(later),
      webSocketOrigins: z
        .array(
          z
            .string()
            .max(300)
            .regex(/^https?:\/\/[^/?#@\s]+$/i, 'not an origin such as https://app.example.com'),
        )
        .max(32)
        .optional()
        .describe(
          'Origins of other hosts whose pages may open a WebSocket with the key of a cookie.',
        )
        .meta(later),
      hideCredentials: z
        .boolean()
        .default(true)
        .describe('Remove the key before the request goes to the upstream.'),
      optional: z
        .boolean()
        .default(false)
        .describe(
          'Let requests without a key pass as anonymous. A key that is not valid is still refused.',
        ),
      required: laterRequired,
    })
    .superRefine(checkRequired)
    .superRefine(({ headerNames, queryNames, cookieNames, webSocketProtocol }, context) => {
      const count = headerNames.length + (queryNames?.length ?? 0) + (cookieNames?.length ?? 0);
      if (count === 0 && webSocketProtocol === undefined)
        context.addIssue({
          code: 'custom',
          path: ['headerNames'],
          message:
            'name at least one part of the request that carries the key: headerNames, queryNames, cookieNames or webSocketProtocol',
        });
    }),
});
