import { definePolicySchema } from '@sluice/policy-sdk';
import { boundedRecord, HeaderName } from '@sluice/schema';
import { z } from 'zod';
import { changeableNames, requestFieldFault } from '../header-fields/schema.ts';

/** What a header can tell. */
export const facts = [
  'consumerId',
  'username',
  'customId',
  'consumerGroups',
  'tokenGroups',
  'groups',
  'credentialId',
  'subject',
] as const;

const ClaimPath = z.array(z.string().min(1).max(128)).min(1).max(8);

const Told = z
  .strictObject({
    fact: z
      .enum(facts)
      .optional()
      .describe(
        'A fact about the caller. groups: those of the consumer and those of the token, each once.',
      ),
    claim: ClaimPath.optional().describe(
      'A claim of the token instead, by its path, such as ["realm_access", "roles"].',
    ),
    list: z
      .enum(['comma', 'json', 'repeat'])
      .default('comma')
      .describe(
        'The form of a list. comma: elements separated by ", ". json: a JSON array. repeat: a header line for each element.',
      ),
  })
  .refine(
    ({ fact, claim }) => (fact === undefined) !== (claim === undefined),
    'needs either "fact" or "claim"',
  );

const Headers = boundedRecord(Told, 32).superRefine((headers, context) => {
  const names = Object.keys(headers);
  for (const name of names) {
    const [issue] = changeableNames(requestFieldFault).safeParse([name]).error?.issues ?? [];
    const valid = HeaderName.safeParse(name);
    const message = valid.success ? issue?.message : valid.error.issues[0]?.message;
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length)
    context.addIssue({ code: 'custom', path: [], message: 'has a name twice, in another case' });
});

export const upstreamIdentitySchema = definePolicySchema({
  name: 'upstream-identity',
  summary: 'Tells the upstream who calls, in headers and in a token that the gateway signs.',
  phases: ['transform'],
  attach: ['gateway', 'service', 'route'],
  onError: 'closed',
  keys: ['identity'],
  errors: {
    identity_too_large: {
      status: 500,
      title: 'The identity of the caller does not fit into the headers for the service',
      retry: false,
    },
  },
  config: z
    .strictObject({
      headers: Headers.default({}).describe(
        'Headers for the upstream, each with what it tells. Copies that clients send are removed on all routes. A header is absent when there is nothing to tell.',
      ),
      token: z
        .strictObject({
          header: HeaderName.default('X-Gateway-Identity').describe('The header of the token.'),
          issuer: z
            .string()
            .min(1)
            .max(255)
            .default('sluice')
            .describe('The claim `iss`: give each gateway its own when there are several.'),
          audience: z
            .string()
            .min(1)
            .max(255)
            .optional()
            .describe('The claim `aud`. The default is the name of the service.'),
          seconds: z
            .int()
            .min(10)
            .max(60)
            .default(60)
            .describe('How long a token is valid. It is used again for half of that time.'),
          claims: z
            .array(z.string().min(1).max(128))
            .max(32)
            .default([])
            .describe('Claims of the caller’s token to copy to the claim `claims`.'),
        })
        .superRefine(({ header }, context) => {
          const [issue] =
            changeableNames(requestFieldFault).safeParse([header]).error?.issues ?? [];
          if (issue !== undefined)
            context.addIssue({ code: 'custom', path: ['header'], message: issue.message });
        })
        .optional()
        .describe(
          'A JWT about the caller, signed with ES256 by a key of the gateway. Its public key is at /.well-known/jwks.json of the status port.',
        ),
      maxBytes: z
        .int()
        .min(64)
        .max(8_192)
        .default(4_096)
        .describe(
          'Longest value of a header, and of all lines of one that is repeated. A request with more is refused with 500 identity_too_large.',
        ),
    })
    .refine(
      ({ headers, token }) => Object.keys(headers).length > 0 || token !== undefined,
      'set "headers", "token" or both',
    ),
});
