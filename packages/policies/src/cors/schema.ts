import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName } from '@sluice/schema';
import { z } from 'zod';

/**
 * `scheme://host[:port]`, RFC 6454 section 6.2, with `*.` in place of labels on the left of the
 * host.
 */
const originPattern =
  /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?)$/;

const methodName = z
  .string()
  .max(32)
  .regex(/^[A-Z]{1,32}$/, 'not a method in upper case');

export const corsSchema = definePolicySchema({
  name: 'cors',
  summary: 'Allows scripts of other origins to call, and answers their preflight requests.',
  phases: ['receive', 'respond'],
  answersPreflight: true,
  config: z
    .strictObject({
      origins: z
        .array(
          z
            .string()
            .max(300)
            .regex(
              originPattern,
              'not an origin: write https://app.example.com, https://*.example.com or "*", in lower case and without a path',
            ),
        )
        .min(1)
        .max(200)
        .describe('Origins that may call: exact, with "*." for any subdomain, or "*" for all.'),
      methods: z
        .array(methodName)
        .min(1)
        .max(32)
        .default(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'])
        .describe('Methods that may be used.'),
      headers: z
        .array(HeaderName)
        .max(100)
        .optional()
        .describe(
          'Request headers that may be sent. When left out, the headers that the preflight request names.',
        ),
      exposedHeaders: z
        .array(HeaderName)
        .max(100)
        .default([])
        .describe('Response headers that scripts may read.'),
      credentials: z
        .boolean()
        .default(false)
        .describe('Whether requests may carry cookies and other credentials.'),
      maxAgeSeconds: z
        .int()
        .min(0)
        .max(86_400)
        .default(600)
        .describe('How long browsers may cache the response to a preflight request.'),
    })
    .superRefine(({ origins, headers = [], exposedHeaders, credentials }, context) => {
      if (!credentials) return;
      const message = '"*" cannot be combined with credentials: list the origins';
      // With credentials, browsers read it as a name
      // (https://fetch.spec.whatwg.org/#http-new-header-syntax).
      for (const [property, list] of Object.entries({ origins, headers, exposedHeaders })) {
        if (list.includes('*'))
          context.addIssue({ code: 'custom', path: [property, list.indexOf('*')], message });
      }
    }),
});
