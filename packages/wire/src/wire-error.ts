/** A received message cannot be decoded, or a message to send cannot be encoded. */
export class WireError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WireError';
  }
}
