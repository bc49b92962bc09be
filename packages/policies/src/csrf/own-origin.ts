import type { Exchange } from '@sluice/policy-sdk';

/**
 * Whether an Origin is that of the requested host (RFC 6454). A request that arrived without TLS
 * may belong to a page with TLS, because a proxy in front may end it; a page without TLS is never
 * the origin of a request with TLS.
 */
export function isOwnOrigin(
  origin: string,
  { scheme, host, headers }: Pick<Exchange, 'scheme' | 'host' | 'headers'>,
): boolean {
  const authority = (headers.get('host') ?? host).toLowerCase();
  if (origin === `https://${without(authority, ':443')}`) return true;
  return scheme === 'http' && origin === `http://${without(authority, ':80')}`;
}

function without(authority: string, port: string): string {
  return authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
}
