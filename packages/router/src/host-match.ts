/** The host of a route without hosts. */
export const anyHost = '*';
/** RFC 1035 section 2.3.4. Bounds the search for wildcards in a host that a client chose. */
export const maxHostLength = 253;

/**
 * Exact hosts come first, then wildcards by the length of their suffix, then any; the higher rank
 * comes first.
 */
export function hostRank(host: string): number {
  if (host === anyHost) return 0;
  return host.startsWith('*.') ? host.length : Number.MAX_SAFE_INTEGER;
}

/**
 * Whether the host of a route, as written, matches the host of a request. A wildcard stands for one
 * or more labels.
 */
export function matchesHost(written: string, host: string): boolean {
  if (written === host || written === anyHost) return true;
  return (
    written.startsWith('*.') &&
    host.length <= maxHostLength &&
    host.length >= written.length &&
    host.endsWith(written.slice(1))
  );
}
