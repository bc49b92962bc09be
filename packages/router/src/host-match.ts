/** The host of a route without hosts. */
export const anyHost = '*';
/** RFC 1035 section 2.3.4. Limits the search for wildcards in a host, which the client chooses. */
export const maxHostLength = 253;

/**
 * The rank of a host; the higher rank takes precedence. Exact hosts have the highest, then
 * wildcards by the length of their suffix, then routes without hosts.
 */
export function hostRank(host: string): number {
  if (host === anyHost) return 0;
  return host.startsWith('*.') ? host.length : Number.MAX_SAFE_INTEGER;
}

/**
 * Whether the host of a route, as configured, matches the host of a request. A wildcard stands for
 * one or more labels.
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
