import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderValue } from '@sluice/schema';
import { z } from 'zod';

const originPattern =
  /^(?:https?:\/\/(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::(?:\d{1,5}|\*))?)$/;

const StrictTransportSecurity = z
  .strictObject({
    maxAgeSeconds: z
      .int()
      .min(0)
      .max(63_072_000)
      .default(31_536_000)
      .describe('How long browsers use only TLS for the host. 0 ends it.'),
    includeSubDomains: z
      .boolean()
      .default(false)
      .describe('Whether this applies to all subdomains of the host.'),
    preload: z
      .boolean()
      .default(false)
      .describe('Whether browsers may ship the host in their lists. It is hard to take back.'),
  })
  .superRefine(({ maxAgeSeconds, includeSubDomains, preload }, context) => {
    if (preload && (!includeSubDomains || maxAgeSeconds < 31_536_000))
      context.addIssue({
        code: 'custom',
        path: ['preload'],
        message: 'the lists need includeSubDomains, and maxAgeSeconds of 31536000 at least',
      });
  });

export const securityHeadersSchema = definePolicySchema({
  name: 'security-headers',
  summary: 'Adds the response headers by which browsers protect users.',
  phases: ['respond'],
  config: z
    .strictObject({
      strictTransportSecurity: z
        .union([z.literal(false), StrictTransportSecurity])
        .default({ maxAgeSeconds: 31_536_000, includeSubDomains: false, preload: false })
        .describe('Strict-Transport-Security, sent in responses over TLS only; false for none.'),
      contentTypeOptions: z
        .boolean()
        .default(true)
        .describe('Whether X-Content-Type-Options: nosniff is sent.'),
      referrerPolicy: z
        .union([
          z.literal(false),
          z.enum([
            'no-referrer',
            'no-referrer-when-downgrade',
            'origin',
            'origin-when-cross-origin',
            'same-origin',
            'strict-origin',
            'strict-origin-when-cross-origin',
            'unsafe-url',
          ]),
        ])
        .default('strict-origin-when-cross-origin')
        .describe('Referrer-Policy; false for none.'),
      contentSecurityPolicy: HeaderValue.min(1)
        .max(4_000)
        .optional()
        .describe('Content-Security-Policy: which resources pages may load.'),
      frameAncestors: z
        .union([
          z.enum(['none', 'self']),
          z
            .array(
              z
                .string()
                .max(300)
                .regex(originPattern, 'not an origin: write https://app.example.com'),
            )
            .min(1)
            .max(50),
        ])
        .optional()
        .describe(
          'Pages that may show responses in a frame: "none", "self", or origins. Sent as frame-ancestors and, for the first two, as X-Frame-Options.',
        ),
      permissionsPolicy: HeaderValue.min(1)
        .max(4_000)
        .optional()
        .describe('Permissions-Policy: which features pages may use.'),
      crossOriginOpenerPolicy: z
        .enum(['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none'])
        .optional()
        .describe(
          'Cross-Origin-Opener-Policy: whether windows of other origins can refer to a page.',
        ),
      crossOriginEmbedderPolicy: z
        .enum(['require-corp', 'credentialless', 'unsafe-none'])
        .optional()
        .describe('Cross-Origin-Embedder-Policy: what pages may embed.'),
      crossOriginResourcePolicy: z
        .enum(['same-origin', 'same-site', 'cross-origin'])
        .optional()
        .describe('Cross-Origin-Resource-Policy: which pages may embed a response.'),
      overwrite: z
        .boolean()
        .default(false)
        .describe('Whether headers that the upstream has set are replaced.'),
    })
    .superRefine(({ contentSecurityPolicy = '', frameAncestors }, context) => {
      if (
        frameAncestors !== undefined &&
        /(?:^|;)\s*frame-ancestors\b/i.test(contentSecurityPolicy)
      )
        context.addIssue({
          code: 'custom',
          path: ['frameAncestors'],
          message: 'contentSecurityPolicy has frame-ancestors already: set one of them',
        });
    }),
});
