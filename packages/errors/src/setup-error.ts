import { errorStack } from './error-message.ts';

/**
 * A program or script cannot start, for a reason that its user can solve: a setting, a port in use,
 * a folder that cannot be written. The message says what is wrong and what to do, so it is printed
 * alone, without a stack trace.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

/**
 * The text to print when a program ends with an error: the message alone for a `SetupError`, the
 * stack for a defect.
 */
export function describeFailure(error: unknown): string {
  return error instanceof SetupError ? error.message : errorStack(error);
}
