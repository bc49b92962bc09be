/** The `code` of a system or database error, such as `EADDRINUSE`; undefined when there is none. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** The message of an error, or of each of its causes, for the log and for operators. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  if ('errors' in error && Array.isArray(error.errors))
    return error.errors.map(reasonOf).join('; ');
  return 'message' in error && typeof error.message === 'string' ? error.message : String(error);
}
