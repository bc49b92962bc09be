/** How many errors of an `AggregateError` are named, and how deep: it may be large or contain itself. */
const maxErrors = 8;
const maxDepth = 2;

/**
 * The message of whatever was thrown, for logs and operators; never empty. For an `AggregateError`,
 * such as that of a connection tried at several addresses, the messages of its errors. Never throws,
 * whatever a custom policy or a library has thrown.
 */
export function errorMessage(thrown: unknown): string {
  try {
    return messageOf(thrown, maxDepth) || String(thrown) || 'unknown error';
  } catch {
    return 'unknown error';
  }
}

/** The stack of whatever was thrown, for the log of a defect; its message when it has no stack. */
export function errorStack(thrown: unknown): string {
  return (thrown instanceof Error && thrown.stack) || errorMessage(thrown);
}

/** The `code` of a system or library error, such as `EADDRINUSE`; undefined when there is none. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

function messageOf(thrown: unknown, depth: number): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  // By name: an error of another realm, such as Node's own in a test, is no instance of ours.
  if (depth > 0 && 'name' in thrown && thrown.name === 'AggregateError') {
    const errors = 'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors : [];
    const messages = errors.slice(0, maxErrors).map((each) => messageOf(each, depth - 1));
    if (messages.length > 0) return messages.join('; ');
  }
  return 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : '';
}
