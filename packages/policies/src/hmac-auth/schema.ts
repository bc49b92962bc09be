import { definePolicySchema } from '@sluice/policy-sdk';
import { unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';
import { tokenPolicyFields } from '../authentication/schema.ts';

/** Fields that a client cannot sign with a value that arrives unchanged. */
const isField = /^[!#$%&'*+.^_`|~\w-]+$/;

const Component = z
  .string()
  .min(1)
  .max(128)
  .superRefine((name, context) => {
    if (name === '@authority') return;
    const fault = !isField.test(name)
      ? 'must be "@authority" or the name of a header'
      : unmatchableHeader(name);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });

export const hmacAuthSchema = definePolicySchema({
  name: 'hmac-auth',
  summary: 'Authenticates the caller by a signature over the request, made with a shared secret.',
  phases: ['authenticate'],
  authenticates: true,
  onError: 'closed',
  config: z
    .strictObject({
      forms: z
        .array(z.enum(['authorization', 'message']))
        .min(1)
        .max(2)
        .default(['authorization', 'message'])
        .describe(
          'Where signatures are accepted. authorization: Authorization with the scheme hmac, as Kong has it, or Signature (draft-cavage-http-signatures). message: Signature-Input and Signature (RFC 9421).',
        ),
      label: z
        .string()
        .max(64)
        .regex(/^[a-z*][a-z0-9_.*-]{0,63}$/, 'must be a label such as sig1')
        .optional()
        .describe(
          'Label of the RFC 9421 signature to verify. Without it, a request with several signatures is refused.',
        ),
      components: z
        .array(Component)
        .max(16)
        .default(['@authority'])
        .describe(
          'What a signature has to cover besides the time, the method and the target: @authority for the host, and names of headers that must be present.',
        ),
      windowSeconds: z
        .int()
        .min(1)
        .max(3_600)
        .default(300)
        .describe('The largest difference between the time of a signature and the clock, seconds.'),
      replay: z
        .enum(['refuse', 'allow'])
        .default('refuse')
        .describe(
          'Whether a signature, or its nonce, is accepted again within the window. With Redis, refuse holds for all nodes; without it, for each process.',
        ),
      content: z
        .strictObject({
          maxBytes: z
            .int()
            .min(1)
            .max(10_485_760)
            .default(1_048_576)
            .describe('Longest content; a request with more is refused with 413.'),
        })
        .optional()
        .describe(
          'Reads the content and compares it with Content-Digest (RFC 9530) or Digest, which the signature then has to cover. Without it, the content is not verified.',
        ),
      realm: tokenPolicyFields.realm,
      hideCredentials: tokenPolicyFields.hideCredentials.describe(
        'Remove the signature before the request goes to the upstream.',
      ),
      optional: tokenPolicyFields.optional.describe(
        'Let requests without a signature pass as anonymous. A signature that is not valid is still refused.',
      ),
      required: tokenPolicyFields.required.describe(
        'Require a signature in addition to the credential of one of the other policies that authenticate.',
      ),
    })
    .superRefine(({ optional, required }, context) => {
      if (optional && required)
        context.addIssue({
          code: 'custom',
          path: ['required'],
          message: 'a signature is either optional or required',
        });
    }),
});
