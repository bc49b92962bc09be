import type { FieldError } from '@sluice/errors';
import type { z } from 'zod';

/** Turns a zod error into one entry per fault; an unknown property is named by its own pointer. */
export function fieldErrors(error: z.ZodError, base = ''): FieldError[] {
  return error.issues.flatMap((issue) => {
    const pointer = base + toPointer(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: pointer + toPointer([key]), detail: 'unknown property' }));
    }
    return [{ pointer, detail: issue.message }];
  });
}

/** RFC 6901: `~` and `/` are escaped, every step begins with `/`. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
