/**
 * The process cannot start with its settings. The message tells the operator what is wrong and what
 * to do.
 */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
