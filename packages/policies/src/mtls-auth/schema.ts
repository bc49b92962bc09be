import { definePolicySchema } from '@sluice/policy-sdk';
import { identityTypes } from '@sluice/schema';
import { z } from 'zod';
import { tokenPolicyFields } from '../authentication/schema.ts';

export const mtlsAuthSchema = definePolicySchema({
  name: 'mtls-auth',
  summary:
    'Authenticates the caller by the certificate that it has presented in the TLS handshake.',
  phases: ['authenticate'],
  authenticates: true,
  onError: 'closed',
  config: z
    .strictObject({
      identities: z
        .array(z.enum(identityTypes))
        .min(1)
        .max(identityTypes.length)
        .default([...identityTypes])
        .describe(
          'What identifies callers here: alternative names (URI, DNS, email, IP), the subject, or the SHA-256 of the certificate. Others are ignored.',
        ),
      consumer: z
        .strictObject({
          required: z
            .boolean()
            .default(true)
            .describe(
              'Refuse a certificate for which no consumer has a credential. false: it passes with its subject, without a consumer.',
            ),
        })
        .prefault({})
        .describe('Whether the certificate has to belong to a consumer.'),
      realm: tokenPolicyFields.realm,
      optional: tokenPolicyFields.optional.describe(
        'Let requests without a certificate pass as anonymous. A certificate that is not accepted is still refused.',
      ),
      required: tokenPolicyFields.required.describe(
        'Require a certificate in addition to the credential of one of the other policies that authenticate.',
      ),
    })
    .superRefine(({ optional, required }, context) => {
      if (optional && required)
        context.addIssue({
          code: 'custom',
          path: ['required'],
          message: 'a certificate is either optional or required',
        });
    }),
});
