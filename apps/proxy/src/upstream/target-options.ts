import type { ResponseLimits } from '@sluice/http1';
import { NameResolver } from '../names/name-resolver.ts';
import { ConnectionBudget } from './connection-budget.ts';

/** How a target is reached. Two services that say the same share its connections. */
export interface TargetSpec {
  readonly protocol: 'http' | 'https' | 'h2c' | 'h2';
  /** `host:port`, as configured. */
  readonly address: string;
  /** How many connections the services that have it allow; the default otherwise. */
  readonly connections?: { readonly maxConnections: number; readonly maxQueued: number } | undefined;
  /** For https and h2. */
  readonly tls: TargetTls;
}

export interface TargetTls {
  readonly verify: boolean;
  /** Sent as SNI and verified; the host of the address otherwise. */
  readonly serverName?: string | undefined;
  /** Name of the client certificate that is shown; none otherwise. */
  readonly clientCertificate?: string | undefined;
  /** PEM, trusted instead of the system's. */
  readonly caCertificates?: string | undefined;
}

/** What makes two targets the same one. */
export function targetKey({ protocol, address, tls, connections }: TargetSpec): string {
  const encrypted = protocol === 'https' || protocol === 'h2';
  return JSON.stringify(encrypted ? [protocol, address, connections, tls.verify, tls.serverName, tls.caCertificates, tls.clientCertificate] : [protocol, address, connections]);
}

export interface TargetOptions {
  /** Open connections to one target; for HTTP/2, of which few are needed, sessions. */
  readonly maxConnections: number;
  /** Requests that may wait for a connection, each no longer than its time to connect. */
  readonly maxQueued: number;
  /** An idle connection is given up before the server does it: a request and a closing that cross cost a retry. */
  readonly keepAliveIdleMs: number;
  /** The same when the server announces its own time in a Keep-Alive field: at most this long. */
  readonly maxKeepAliveIdleMs: number;
  readonly limits: Partial<ResponseLimits>;
  /** Resolves the names of targets. */
  readonly names: NameResolver;
  /** Room for connections, shared with all other targets of the process. */
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
