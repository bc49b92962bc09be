import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

/** `scheme://host[:port]` as browsers write it, with `*.` in place of labels on the left. */
const originPattern =
  /^https?:\/\/(?:(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/;

/** RFC 6265, section 4.1.1. */
const CookieName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not the name of a cookie');

export const csrfSchema = definePolicySchema({
  name: 'csrf',
  summary: 'Refuses requests that pages of other sites make with the cookies of a user.',
  phases: ['receive'],
  authorizes: true,
  errors: {
    cross_site_request: { status: 403, title: 'Pages of other sites may not make this request' },
  },
  config: z.strictObject({
    origins: z
      .array(
        z
          .string()
          .max(300)
          .regex(
            originPattern,
            'not an origin: write https://app.example.com or https://*.example.com, in lower case and without a path',
          ),
      )
      .max(100)
      .default([])
      .describe('Other origins whose pages may make such requests.'),
    cookies: z
      .array(CookieName)
      .max(32)
      .default([])
      .describe(
        'Names of the cookies that authenticate users; requests without them pass. When empty, every cookie counts.',
      ),
    always: z
      .boolean()
      .default(false)
      .describe(
        'Whether requests without a cookie are checked too: for logins, Basic authentication and client certificates.',
      ),
    allowMissing: z
      .boolean()
      .default(false)
      .describe(
        'Whether requests pass that have neither Sec-Fetch-Site nor Origin, as those of programs other than browsers.',
      ),
  }),
});
