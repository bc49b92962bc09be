/**
 * Methods are any token to the parser; what is done with one is the listener's decision.
 */

const KNOWN_METHODS: ReadonlySet<string> = new Set([
  // RFC 9110, RFC 5789, and the QUERY method.
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
  // WebDAV and its extensions: RFC 4918, 3253, 3744, 4791, 5323, 5842.
  'ACL',
  'BIND',
  'CHECKOUT',
  'COPY',
  'LOCK',
  'MERGE',
  'MKACTIVITY',
  'MKCALENDAR',
  'MKCOL',
  'MOVE',
  'PROPFIND',
  'PROPPATCH',
  'REBIND',
  'REPORT',
  'SEARCH',
  'UNBIND',
  'UNLOCK',
]);

/** Whether a method is a registered one. Methods are case-sensitive. TRACE and CONNECT are known, and refused later. */
export function isKnownMethod(method: string): boolean {
  return KNOWN_METHODS.has(method);
}

const COMMON_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** The method that the first `length` characters of `head` are, without making a string for a common one. */
export function methodOf(head: string, length: number): string {
  for (const method of COMMON_METHODS) {
    if (method.length === length && head.startsWith(method)) return method;
  }
  return head.slice(0, length);
}
