import { isIP, type LookupFunction } from 'node:net';
import { HttpFault } from '@sluice/policy-sdk';
import { isPublicAddress } from '@sluice/schema';

/** The fault of a call to an address that the configuration does not allow. */
export function privateAddress(origin: string): HttpFault {
  return new HttpFault(
    'private_address',
    `${origin} is not on a public address, which the policy's configuration does not allow`,
  );
}

/**
 * Whether the host of a URL is a literal address that is not public. Connections to literals do not
 * call `lookup`, so this is their check. The URL parser has already normalised spellings such as
 * `0x7f.1`.
 */
export function isPrivateLiteral({ hostname }: URL): boolean {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(host) !== 0 && !isPublicAddress(host);
}

/**
 * A `lookup` that finds public addresses only. It runs for each connection, and the connection uses
 * the address that was checked, so a name that changes its address (DNS rebinding) gains nothing.
 */
export function publicLookup(lookup: LookupFunction): LookupFunction {
  return (name, options, callback) => {
    lookup(name, options, (error, found, family) => {
      if (error !== null) return callback(error, found, family);
      const addresses = typeof found === 'string' ? [{ address: found, family }] : found;
      if (addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address)))
        return callback(null, found, family);
      return callback(privateAddress(name), []);
    });
  };
}
