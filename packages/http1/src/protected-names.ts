/**
 * Names that are reserved for the gateway and for framing, and the spellings that imitate them.
 *
 * Many servers map `_` and `.` in a header name to `-` (CGI turns all three into `_`), so
 * `X_Forwarded_For` reaches an application as if it were `X-Forwarded-For`. A name that equals a
 * protected one after that mapping is refused.
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
  'x-api-key',
]);

const PROTECTED_PREFIXES = ['x-forwarded-', 'x-consumer-', 'x-credential-'];

/**
 * Whether a lower-case name is reserved for the gateway or for framing.
 *
 * @param own further protected names in lower case, such as the header from which a gateway reads
 * its keys
 */
export function isProtectedName(name: string, own: ReadonlySet<string>): boolean {
  return (
    PROTECTED.has(name) ||
    own.has(name) ||
    PROTECTED_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}

/** A field name in lower case with `-` for `_` and `.`: equal for names that servers mix up. */
export function plainFieldName(name: string): string {
  return name.toLowerCase().replaceAll(/[_.]/g, '-');
}

/** Whether a name, in any case, imitates a protected name with `_` or `.` in place of `-`. */
export function isProtectedAlias(name: string, own: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  const dashed = plainFieldName(lower);
  return dashed !== lower && isProtectedName(dashed, own);
}
