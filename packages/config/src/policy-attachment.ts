import { boundedRecord } from '@sluice/schema';
import { z } from 'zod';

/**
 * An attached policy. Its `config` is checked against the policy's own schema by
 * {@link policyFaults}.
 */
export const PolicyAttachment = z.strictObject({
  name: z.string().min(1).max(64).describe('Name of the policy, as in GET /v1/policies.'),
  config: boundedRecord(z.unknown(), 64)
    .default({})
    .describe("The policy's configuration; the page of the policy describes it."),
  mode: z
    .enum(['enforce', 'shadow'])
    .default('enforce')
    .describe('"shadow" evaluates and reports, and never changes or blocks a request.'),
  onError: z
    .enum(['open', 'closed'])
    .optional()
    .describe(
      'What happens when something the policy depends on fails: let the request pass, or refuse it with 503.',
    ),
});

export type PolicyAttachment = z.output<typeof PolicyAttachment>;

/**
 * The `policies` property of a resource. A name may appear once: an attachment further down the
 * hierarchy replaces it.
 */
export const PolicyAttachments = z
  .array(PolicyAttachment)
  .max(64)
  .default([])
  .superRefine((attachments, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of attachments.entries()) {
      if (seen.has(name)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `policy "${name}" is attached twice here`,
        });
      }
      seen.add(name);
    }
  })
  .describe('Policies, in the order in which they run within a phase.');
