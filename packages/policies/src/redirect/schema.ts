import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import { templateFault } from './location-template.ts';

const location = z
  .string()
  .max(2048)
  .superRefine((template, context) => {
    const message = templateFault(template);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

export const redirectSchema = definePolicySchema({
  name: 'redirect',
  summary: 'Sends the client elsewhere.',
  phases: ['receive'],
  config: z
    .strictObject({
      scheme: z.literal('https').optional().describe('Send requests that came by http to the same place by https; let others pass.'),
      port: z.int().min(1).max(65_535).default(443).describe('The port for https, with "scheme".'),
      location: location
        .optional()
        .describe('Where to send every request, as a template over {path}, {query} (with its question mark) and {host}.'),
      status: z
        .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
        .default(308)
        .describe('301, 302, 303, 307 or 308. With 307 and 308 method and content stay; 301 and 308 are remembered.'),
    })
    .refine(({ scheme, location: template }) => (scheme === undefined) !== (template === undefined), {
      message: 'say where to: either "scheme" or "location"',
    }),
});
