/** The parser accepts any token as a method; the listener decides what to do with it. */

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

/**
 * Whether a method is a registered one. Methods are case-sensitive. TRACE and CONNECT are known,
 * and refused later.
 */
export function isKnownMethod(method: string): boolean {
  return KNOWN_METHODS.has(method);
}

const COMMON_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((text) => ({
  text,
  bytes: Buffer.from(text),
}));

/**
 * The common method at `start` in `length` bytes; an empty string for any other. Creates no string.
 */
export function commonMethod(bytes: Uint8Array, start: number, length: number): string {
  for (let index = 0; index < COMMON_METHODS.length; index++) {
    const method = COMMON_METHODS[index] as (typeof COMMON_METHODS)[number];
    if (method.bytes.length === length && startsWith(bytes, start, method.bytes))
      return method.text;
  }
  return '';
}

function startsWith(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++)
    if (bytes[start + index] !== wanted[index]) return false;
  return true;
}
