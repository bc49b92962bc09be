/** The process cannot start as it is set up. The message is for the operator: what is wrong, and what to do next. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
