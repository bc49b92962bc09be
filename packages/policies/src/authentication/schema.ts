import { HeaderName, unmatchableCredentialHeader } from '@sluice/schema';
import { z } from 'zod';

/** Settings that policies which authenticate callers by tokens have in common. */

const partNames = z
  .array(
    z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z0-9._~-]+$/, 'only letters, digits, and . _ ~ -'),
  )
  .max(8)
  .default([]);

/** The parts of a request that may carry a token. */
export const tokenSourceFields = {
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
            message: `no token can come in ${name}: ${fault}`,
          });
      }
    })
    .default(['authorization'])
    .describe(
      'Headers that may carry the token: after the scheme Bearer, which only Authorization needs.',
    ),
  queryNames: partNames.describe(
    'Query parameters that may carry the token, such as access_token. Logs and histories of clients and of other proxies may keep such URLs.',
  ),
  cookieNames: partNames.describe('Cookies that may carry the token.'),
  webSocketProtocol: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a token')
    .optional()
    .describe(
      'Prefix of a WebSocket subprotocol that carries the token after it, such as `bearer.`, for browsers.',
    ),
  webSocketOrigins: z
    .array(
      z
        .string()
        .max(300)
        .regex(/^https?:\/\/[^/?#@\s]+$/i, 'not an origin such as https://app.example.com'),
    )
    .max(32)
    .default([])
    .describe(
      'Origins of other hosts whose pages may open a WebSocket with the token of a cookie.',
    ),
};

/** Settings of every policy that authenticates callers by tokens. */
export const tokenPolicyFields = {
  realm: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'not printable ASCII without " and \\')
    .default('sluice')
    .describe('Name of the protected area in the challenge.'),
  hideCredentials: z
    .boolean()
    .default(true)
    .describe('Remove the token before the request goes to the upstream.'),
  optional: z
    .boolean()
    .default(false)
    .describe(
      'Let requests without a token pass as anonymous. A token that is not valid is still refused.',
    ),
  required: z
    .boolean()
    .default(false)
    .describe(
      'Require the token in addition to the credential of another policy, such as a client certificate.',
    ),
};

/** The names of the members that lead to a claim: `["realm_access", "roles"]`. */
export const ClaimPath = z.array(z.string().min(1).max(256)).min(1).max(8);

/** Refuses a policy that reads the token nowhere, and one that is both optional and required. */
export function checkTokenPolicy(
  config: {
    readonly headerNames: readonly string[];
    readonly queryNames: readonly string[];
    readonly cookieNames: readonly string[];
    readonly webSocketProtocol?: string | undefined;
    readonly optional: boolean;
    readonly required: boolean;
  },
  context: z.core.$RefinementCtx,
): void {
  const { headerNames, queryNames, cookieNames, webSocketProtocol, optional, required } = config;
  const count = headerNames.length + queryNames.length + cookieNames.length;
  if (count === 0 && webSocketProtocol === undefined)
    context.addIssue({
      code: 'custom',
      path: ['headerNames'],
      message:
        'name at least one part of the request that carries the token: headerNames, queryNames, cookieNames or webSocketProtocol',
    });
  if (optional && required)
    context.addIssue({
      code: 'custom',
      path: ['required'],
      message: 'a token cannot be both optional and required: choose one',
    });
}
