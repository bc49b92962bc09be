/** What the other side sent cannot be understood, or what we were to send cannot be written. */
export class WireError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WireError';
  }
}
