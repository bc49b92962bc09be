import { HeaderName, boundedRecord, unmatchableCredentialHeader } from '@sluice/schema';
import { z } from 'zod';
import { changeableNames, requestFieldFault } from '../header-fields/schema.ts';

/** Settings that policies which authenticate callers have in common. */

/**
 * `required` of the policies that did not have it from the beginning: nodes of earlier releases do
 * not know it, so it has no default.
 */
export const laterRequired = z
  .boolean()
  .optional()
  .describe(
    'Require this credential in addition to that of another policy, such as a client certificate.',
  )
  .meta({ since: 1, ifUnknown: 'refuse' });

/** Refuses a policy that is both optional and required. */
export function checkRequired(
  { optional, required }: { readonly optional: boolean; readonly required?: boolean | undefined },
  context: z.core.$RefinementCtx,
): void {
  if (optional && required === true)
    context.addIssue({
      code: 'custom',
      path: ['required'],
      message: 'a credential cannot be both optional and required: choose one',
    });
}

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

/** Fields for the upstream, each with the path of its claim. */
const UpstreamHeaders = boundedRecord(ClaimPath, 20).superRefine((headers, context) => {
  const names = Object.keys(headers);
  for (const { path, message } of changeableNames(requestFieldFault).safeParse(names).error
    ?.issues ?? [])
    context.addIssue({ code: 'custom', path: [names[Number(path[0])] ?? ''], message });
});

/** What the claims of a token say about the caller. */
export const tokenIdentityFields = {
  consumer: z
    .strictObject({
      claim: ClaimPath.default(['sub']).describe('The claim that names the consumer.'),
      by: z
        .enum(['username', 'customId', 'id', 'issuerAndSubject'])
        .default('customId')
        .describe(
          'The property of the consumer that the claim contains. `issuerAndSubject`: customId is `iss`, a space and the claim.',
        ),
      required: z
        .boolean()
        .default(false)
        .describe('Refuse callers who are no consumer with 403. false: they pass without one.'),
    })
    .optional()
    .describe('Finds the consumer that the token names. Without it the caller has no consumer.'),
  groupsClaim: ClaimPath.optional().describe(
    'The claim with the groups of the caller: `["groups"]`, `["realm_access", "roles"]`.',
  ),
  upstreamHeaders: UpstreamHeaders.default({}).describe(
    'Headers for the upstream, each with the path of its claim. Those that a client sends are always removed.',
  ),
};

/** What the upstream receives in place of the token. */
export const UpstreamToken = z
  .enum(['none', 'same'])
  .default('none')
  .describe('What the upstream receives: no token, or the token that the client sent.');

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
  const { headerNames, queryNames, cookieNames, webSocketProtocol } = config;
  const count = headerNames.length + queryNames.length + cookieNames.length;
  if (count === 0 && webSocketProtocol === undefined)
    context.addIssue({
      code: 'custom',
      path: ['headerNames'],
      message:
        'name at least one part of the request that carries the token: headerNames, queryNames, cookieNames or webSocketProtocol',
    });
  checkRequired(config, context);
}
