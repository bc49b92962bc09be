import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderValue } from '@sluice/schema';
import { z } from 'zod';
import { changeableFields, responseFieldFault, type FieldGuard } from '../header-fields/schema.ts';

/** RFC 9110: responses with these statuses have no content. */
const withoutContent = [204, 205, 304];

const answerFieldFault: FieldGuard = (name) =>
  name === 'content-type' ? 'is set by "contentType"' : responseFieldFault(name);

export const staticResponseSchema = definePolicySchema({
  name: 'static-response',
  summary: 'Answers every request with a fixed response.',
  phases: ['answer'],
  answers: true,
  config: z
    .strictObject({
      status: z.int().min(200).max(599).default(200).describe('Status of the response.'),
      content: z.string().max(49_152).default('').describe('Content of the response.'),
      contentType: HeaderValue.min(1)
        .default('text/plain; charset=utf-8')
        .describe('Media type of the content. Not sent when there is none.'),
      headers: changeableFields(answerFieldFault)
        .default({})
        .describe('Further headers of the response.'),
    })
    .refine(({ status, content }) => content === '' || !withoutContent.includes(status), {
      message: `a response with status ${withoutContent.join(', ')} has no content`,
      path: ['content'],
    }),
});
