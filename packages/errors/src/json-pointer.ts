/**
 * Writes an RFC 6901 JSON Pointer: every step starts with `/`, and `~` and `/` in it are escaped.
 * Empty for the whole document.
 */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
