/**
 * A problem of the machine (a port in use, a missing program, an unwritable folder) that the user
 * can solve. The message says what is wrong and what to do next, so scripts print it alone, without
 * a stack trace.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/**
 * The text a script prints when it ends with an error: the message alone for a `SetupError`, the
 * stack for a defect.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof SetupError) return error.message;
  if (error instanceof Error) return error.stack ?? error.message;
  return String(error);
}
