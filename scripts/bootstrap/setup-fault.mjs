/**
 * A problem of the machine that the user can solve. Its message says how, so it is printed without
 * a stack trace.
 */
export class SetupFault extends Error {}
