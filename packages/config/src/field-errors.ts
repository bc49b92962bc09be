import { boundedErrors, type FieldError } from '@sluice/errors';
import type { z } from 'zod';

/**
 * Turns a zod error into one entry per fault; an unknown property has its own pointer. Returns at
 * most 100 entries, see `boundedErrors`.
 */
export function fieldErrors(error: z.ZodError, base = ''): FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of error.issues) {
    const pointer = base + toPointer(issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        errors.push({ pointer: pointer + toPointer([key]), detail: 'unknown property' });
    } else if (issue.code === 'invalid_key') {
      for (const { message } of issue.issues)
        errors.push({ pointer, detail: `not an allowed name: ${message}` });
    } else {
      errors.push({ pointer, detail: issue.message });
    }
  }
  return boundedErrors(errors);
}

/** RFC 6901: `~` and `/` are escaped, every step starts with `/`. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
