import { errorCode } from '@sluice/errors';

/**
 * System errors for exhausted resources of this machine, which do not indicate a fault of the
 * target: file descriptors (EMFILE, ENFILE), memory for sockets (ENOBUFS, ENOMEM), or a local
 * address or port (EADDRNOTAVAIL).
 */
const localCodes: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
]);

/**
 * Whether a connection failed because of local resources only. Such errors never count against a
 * target.
 */
export function isLocalFault(error: unknown): boolean {
  // Contains one error for each address that was tried.
  if (error instanceof AggregateError)
    return error.errors.length > 0 && error.errors.every(isLocalFault);
  const code = errorCode(error);
  return code !== undefined && localCodes.has(code);
}
