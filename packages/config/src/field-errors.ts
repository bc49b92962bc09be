import { boundedErrors, jsonPointer, type FieldError } from '@sluice/errors';
import type { z } from 'zod';
import { issueDetail } from './issue-detail.ts';

/**
 * Turns a zod error into one entry per fault; an unknown property has its own pointer. Returns at
 * most 100 entries, see `boundedErrors`.
 */
export function fieldErrors(error: z.ZodError, base = ''): FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of error.issues) {
    const pointer = base + jsonPointer(issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        errors.push({ pointer: pointer + jsonPointer([key]), detail: 'unknown property' });
    } else if (issue.code === 'invalid_key') {
      for (const inner of issue.issues)
        errors.push({ pointer, detail: `not an allowed name: ${issueDetail(inner)}` });
    } else {
      errors.push({ pointer, detail: issueDetail(issue) });
    }
  }
  return boundedErrors(errors);
}
