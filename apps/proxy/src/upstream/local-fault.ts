/**
 * Errors of the system that say what this machine lacks, and nothing about the target: file descriptors (EMFILE, ENFILE),
 * memory for sockets (ENOBUFS, ENOMEM), or a local address or port to connect from (EADDRNOTAVAIL).
 */
const localCodes: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** Whether a connection failed because of this machine alone. Such a fault never counts against a target. */
export function isLocalFault(error: unknown): boolean {
  // One error for each address that was tried.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isLocalFault);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && localCodes.has(error.code);
}
