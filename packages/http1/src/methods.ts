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

/**
 * The method of `length` bytes at `start`, when it is a common one; otherwise an empty string. No string is made.
 */
export function commonMethod(bytes: Uint8Array, start: number, length: number): string {
  const first = bytes[start] as number;
  switch (length) {
    case 3:
      if (first === 0x47) return isText(bytes, start, 'GET') ? 'GET' : '';
      return isText(bytes, start, 'PUT') ? 'PUT' : '';
    case 4:
      if (first === 0x50) return isText(bytes, start, 'POST') ? 'POST' : '';
      return isText(bytes, start, 'HEAD') ? 'HEAD' : '';
    case 5:
      return isText(bytes, start, 'PATCH') ? 'PATCH' : '';
    case 6:
      return isText(bytes, start, 'DELETE') ? 'DELETE' : '';
    case 7:
      return isText(bytes, start, 'OPTIONS') ? 'OPTIONS' : '';
    default:
      return '';
  }
}

function isText(bytes: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
