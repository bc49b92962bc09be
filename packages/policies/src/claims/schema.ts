import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import {
  compileExpression,
  ExpressionFault,
  maxExpressionLength,
} from '../expressions/expression.ts';

/** RFC 6749, section 3.3. */
const Scope = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'not a scope: printable ASCII without space, " and \\');

const Scopes = z
  .strictObject({
    all: z.array(Scope).max(50).default([]).describe('Scopes of which the caller needs each.'),
    any: z.array(Scope).max(50).default([]).describe('Scopes of which the caller needs one.'),
    claim: z
      .array(z.string().min(1).max(256))
      .min(1)
      .max(8)
      .optional()
      .describe(
        'Path of the claim that holds the scopes, one element for each level. When left out: scope, scp or scopes.',
      ),
  })
  .refine(({ all, any }) => all.length + any.length > 0, 'list scopes in "all", "any" or both');

const Condition = z
  .string()
  .min(1)
  .max(maxExpressionLength)
  .superRefine((text, context) => {
    try {
      compileExpression(text);
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

export const claimsSchema = definePolicySchema({
  name: 'claims',
  summary: 'Allows callers by the scopes and claims of their token, and by the request.',
  phases: ['authorize'],
  attach: ['gateway', 'service', 'route'],
  authorizes: true,
  config: z
    .strictObject({
      scopes: Scopes.optional().describe('Scopes that the token of the caller has to have.'),
      condition: Condition.optional().describe(
        'A condition in the Common Expression Language (CEL). The request passes when it is true.',
      ),
    })
    .refine(
      ({ scopes, condition }) => scopes !== undefined || condition !== undefined,
      'set "scopes", "condition" or both',
    ),
});
