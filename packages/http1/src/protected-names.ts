/**
 * Names that only the gateway or the framing may speak for, and the spellings that imitate them.
 *
 * Many servers map `_` and `.` in a header name to `-` (CGI turns all three into `_`), so `X_Forwarded_For` reaches
 * an application as if it were `X-Forwarded-For`. A name that equals a protected one after that mapping is refused.
 */

const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'proxy-authorization',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'x-credential-id',
  'x-api-key',
]);

const PROTECTED_PREFIXES = ['x-forwarded-', 'x-consumer-'];

/** The name as a lenient application may read it: lower case, `_` and `.` turned to `-`. */
export function dashedName(name: string): string {
  return name.toLowerCase().replace(/[_.]/g, '-');
}

/**
 * Tells whether a name with `_` or `.` imitates a protected name.
 * @param own further protected names in lower case, such as the header a gateway reads its keys from
 */
export function isProtectedAlias(name: string, own: ReadonlySet<string>): boolean {
  const dashed = dashedName(name);
  if (dashed === name.toLowerCase()) return false;
  return PROTECTED.has(dashed) || own.has(dashed) || PROTECTED_PREFIXES.some((prefix) => dashed.startsWith(prefix));
}
