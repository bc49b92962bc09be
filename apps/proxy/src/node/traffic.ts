import type { Resource } from '@sluice/config';
import type { MetricsSnapshot } from '@sluice/telemetry';
import type { ConfigFault, TargetHealth } from '@sluice/wire';
import type { ConfigTarget } from '../config/source.ts';
import type { Serving } from './serving.ts';
import type { CredentialNotes } from '../usage/credential-notes.ts';
import type { WorkerFleet } from '../workers/fleet.ts';
import type { NodeCertificates } from '../workers/messages.ts';

/** The part of this node that serves traffic: this process itself, or its workers. */
export interface Traffic {
  readonly target: ConfigTarget;
  /**
   * Starts to accept connections. Rejects with an Error that names the setting when a port is not
   * available.
   */
  listen(): Promise<void>;
  readonly port: number;
  /** The port for TLS; undefined without one. */
  readonly tlsPort: number | undefined;
  readonly quarantined: readonly ConfigFault[];
  resources(): Iterable<Resource>;
  metrics(): MetricsSnapshot | Promise<MetricsSnapshot>;
  /** The last known health: the config stream reads it every second without waiting. */
  lastHealth(): readonly TargetHealth[];
  /** The number of certificates that clients of the TLS port can get, as last known. */
  readonly serverCertificates: number;
  /**
   * Uses other certificates, already checked, from the next handshake with clients and targets on.
   */
  setCertificates(certificates: NodeCertificates): Promise<void>;
  /** What is noted about credentials, for the control plane. */
  readonly credentialNotes: CredentialNotes;
  drain(timeoutMs: number): Promise<void>;
}

/** The ports on which a process serves traffic. */
export interface TrafficPorts {
  readonly port: number;
  readonly tlsPort?: number | undefined;
}

/** Serves traffic in this process. */
export function singleProcess(serving: Serving, { port, tlsPort }: TrafficPorts): Traffic {
  return {
    target: serving.target,
    listen: async () => {
      await serving.listen({ port, reusePort: false });
      if (tlsPort !== undefined) await serving.listenTls({ port: tlsPort, reusePort: false });
    },
    get port() {
      return serving.port;
    },
    get tlsPort() {
      return serving.tlsPort;
    },
    get quarantined() {
      return serving.target.quarantined;
    },
    resources: () => serving.target.runtime.resources(),
    metrics: () => serving.registry.snapshot(),
    lastHealth: () => serving.targetsHealth(),
    get serverCertificates() {
      return serving.serverCertificates;
    },
    setCertificates: async (certificates) => serving.setCertificates(certificates),
    credentialNotes: serving.credentialNotes,
    drain: (timeoutMs) => serving.drain(timeoutMs),
  };
}

/**
 * Serves traffic in several workers on one port; this process holds the configuration and the
 * limits.
 */
export function severalWorkers(fleet: WorkerFleet): Traffic {
  return {
    target: fleet,
    listen: () => fleet.listen(),
    get port() {
      return fleet.port;
    },
    get tlsPort() {
      return fleet.tlsPort;
    },
    get quarantined() {
      return fleet.quarantined;
    },
    resources: () => fleet.resources(),
    metrics: () => fleet.metrics(),
    lastHealth: () => fleet.lastHealth,
    get serverCertificates() {
      return fleet.serverCertificates;
    },
    setCertificates: (certificates) => fleet.setCertificates(certificates),
    credentialNotes: fleet.credentialNotes,
    drain: (timeoutMs) => fleet.drain(timeoutMs),
  };
}
