import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';

/** A host as browsers write it, with `*.` in place of labels on its left. */
const hostPattern =
  /^(?:(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])$/;

export const refererRestrictionSchema = definePolicySchema({
  name: 'referer-restriction',
  summary: 'Allows requests that come from pages of certain hosts.',
  phases: ['receive'],
  authorizes: true,
  errors: {
    referer_denied: { status: 403, title: 'Requests from this page are not allowed' },
  },
  config: z.strictObject({
    hosts: z
      .array(
        z
          .string()
          .max(255)
          .regex(
            hostPattern,
            'not a host: write www.example.com, or *.example.com for any subdomain, in lower case and without a port',
          ),
      )
      .min(1)
      .max(500)
      .describe('Hosts of the pages: exact, or with "*." for any subdomain.'),
    allowMissing: z
      .boolean()
      .default(false)
      .describe(
        'Whether requests without a Referer pass. Browsers leave it out when a page asks for it.',
      ),
  }),
});
