import { BlockList, isIP } from 'node:net';

/** The address on which a control plane listens. */
export interface StreamAddress {
  readonly host: string;
  readonly port: number;
}

/** A connection without TLS. */
export interface PlaintextSecurity {
  readonly mode: 'plaintext';
  /**
   * Plaintext to other machines, for networks that are trusted as a whole: the token is sent
   * unencrypted.
   */
  readonly allowRemote: boolean;
}

/**
 * Parses `host:port`, `[ipv6]:port` or `host` (with the default port). Throws a TypeError that says
 * what is expected.
 */
export function parseStreamAddress(text: string, defaultPort = 8005): StreamAddress {
  const match =
    /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9._-]+))(?::(?<port>\d{1,5}))?$/.exec(
      text.trim(),
    );
  const host = match?.groups?.['ipv6'] ?? match?.groups?.['host'];
  const port = Number(match?.groups?.['port'] ?? defaultPort);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TypeError(
      `"${text}" is not an address of a control plane: expected host:port, such as 127.0.0.1:8005 or [::1]:8005`,
    );
  }
  return { host, port };
}

/** Formats the address for gRPC and for messages. */
export function formatStreamAddress({ host, port }: StreamAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Throws an Error that says what to set when plaintext would leave this machine and the settings do
 * not allow it.
 * @param advice how this side turns TLS on
 */
export function requireProtected(
  address: StreamAddress,
  security: PlaintextSecurity | { readonly mode: 'tls' },
  advice: string,
): void {
  if (security.mode === 'tls' || security.allowRemote || isLoopback(address.host)) return;
  throw new Error(
    `the config stream on ${formatStreamAddress(address)} would carry the node token in plaintext beyond this machine; ` +
      `${advice}, use a loopback address, or set SLUICE_STREAM_INSECURE=1 on a network you trust as a whole`,
  );
}

/**
 * True when others cannot read what is sent over a connection: it uses TLS, or both ends are on this
 * machine. `peer` is `address:port`, as gRPC reports it; a text that is not one counts as remote.
 */
export function isConfidential(mode: 'plaintext' | 'tls', peer: string): boolean {
  return mode === 'tls' || isLoopback(peer.slice(0, Math.max(0, peer.lastIndexOf(':'))));
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
