/** A fault of the machine that a person can put right. Its message says how, so it is printed without a stack trace. */
export class SetupFault extends Error {}
