import { createHash } from 'node:crypto';
import type { ResponseLimits } from '@sluice/http1';
import type { KeyPair } from '../net/key-pair.ts';
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
  /** For https and h2: what `tls` refers to. A target with other material is another target. */
  readonly material?: TlsMaterial | undefined;
}

/** The certificate and the CAs that a service takes from resources. */
export interface TlsMaterial {
  /** Presented to targets that request a certificate. */
  readonly pair?: KeyPair | undefined;
  /** PEM certificates that are trusted instead of the system's. */
  readonly cas?: readonly string[] | undefined;
  /** Differs when the certificate or the CAs differ; empty without both. */
  readonly digest: string;
}

/** @param cas PEM texts; undefined trusts the CAs of the system */
export function tlsMaterial(pair?: KeyPair, cas?: readonly string[]): TlsMaterial {
  if (pair === undefined && cas === undefined) return { digest: '' };
  const hash = createHash('sha256').update(pair?.digest ?? '');
  for (const ca of cas ?? []) hash.update(`\n${ca.length}\n`).update(ca);
  return { pair, cas, digest: hash.digest('base64') };
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

/**
 * Gives the key under which equal targets share their connections. Health and balance belong to the
 * key of the spec without its material, so that they outlast a rotated certificate.
 */
export function targetKey({ protocol, address, tls, material, connections }: TargetSpec): string {
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
          material?.digest,
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
