import { boundedErrors, jsonPointer, type FieldError } from '@sluice/errors';
import type { z } from 'zod';

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
      for (const { message } of issue.issues)
        errors.push({ pointer, detail: `not an allowed name: ${message}` });
    } else {
      errors.push({ pointer, detail: issue.message });
    }
  }
  return boundedErrors(errors);
}
