import type { ResponseLimits } from '@sluice/http1';
import { NameResolver } from '../names/name-resolver.ts';
import { ConnectionBudget } from './connection-budget.ts';

/** How a target is reached. Services with equal specs share the connections. */
export interface TargetSpec {
  readonly protocol: 'http' | 'https' | 'h2c' | 'h2';
  /** `host:port`, as configured. */
  readonly address: string;
  /** Connection limits from the services that use the target; otherwise the defaults apply. */
  readonly connections?:
    { readonly maxConnections: number; readonly maxQueued: number } | undefined;
  /** For https and h2. */
  readonly tls: TargetTls;
}

export interface TargetTls {
  readonly verify: boolean;
  /** The server name that is sent as SNI and verified; the host of the address by default. */
  readonly serverName?: string | undefined;
  /** The name of the client certificate, if one is sent. */
  readonly clientCertificate?: string | undefined;
  /** CA certificates (PEM) that are trusted instead of the system's. */
  readonly caCertificates?: string | undefined;
}

/** Gives the key under which equal targets share their connections. */
export function targetKey({ protocol, address, tls, connections }: TargetSpec): string {
  const encrypted = protocol === 'https' || protocol === 'h2';
  return JSON.stringify(
    encrypted
      ? [
          protocol,
          address,
          connections,
          tls.verify,
          tls.serverName,
          tls.caCertificates,
          tls.clientCertificate,
        ]
      : [protocol, address, connections],
  );
}

export interface TargetOptions {
  /** Maximum open connections to one target; for HTTP/2, sessions. */
  readonly maxConnections: number;
  /** Maximum requests that wait for a connection, each at most for its connect timeout. */
  readonly maxQueued: number;
  /**
   * Idle timeout. It should be shorter than the server's, because a request on a connection that
   * the server closes costs a retry.
   */
  readonly keepAliveIdleMs: number;
  /** Upper bound of the idle timeout when the server announces its own in a Keep-Alive field. */
  readonly maxKeepAliveIdleMs: number;
  readonly limits: Partial<ResponseLimits>;
  /** Resolves the names of targets. */
  readonly names: NameResolver;
  /** The connection limit that all targets of the process share. */
  readonly budget: ConnectionBudget;
}

export const defaultTargetOptions: TargetOptions = Object.freeze({
  maxConnections: 1_024,
  maxQueued: 1_024,
  keepAliveIdleMs: 4_000,
  maxKeepAliveIdleMs: 60_000,
  limits: {},
  names: new NameResolver(),
  budget: new ConnectionBudget(),
});
