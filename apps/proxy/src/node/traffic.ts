import type { Resource } from '@sluice/config';
import type { MetricsSnapshot } from '@sluice/telemetry';
import type { ConfigFault, TargetHealth } from '@sluice/wire';
import type { ConfigTarget } from '../config/source.ts';
import type { Serving } from './serving.ts';
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
  /**
   * Uses other certificates, already checked, from the next handshake with clients and targets on.
   */
  setCertificates(certificates: NodeCertificates): Promise<void>;
  drain(timeoutMs: number): Promise<void>;
}

/** The ports on which a process serves traffic. */
export interface TrafficPorts {
  readonly port: number;
  readonly tlsPort?: number | undefined;
}

/** Serves traffic in this process. @param server certificates for the TLS port */
export function singleProcess(
  serving: Serving,
  { port, tlsPort }: TrafficPorts,
  server?: NodeCertificates['server'],
): Traffic {
  // They may be renewed before the port is open.
  let certificates = server;
  return {
    target: serving.target,
    listen: async () => {
      await serving.listen({ port, reusePort: false });
      if (tlsPort !== undefined && certificates !== undefined)
        await serving.listenTls({ port: tlsPort, certificates, reusePort: false });
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
    setCertificates: async (renewed) => {
      serving.setCertificates(renewed);
      certificates = renewed.server ?? certificates;
    },
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
    setCertificates: (certificates) => fleet.setCertificates(certificates),
    drain: (timeoutMs) => fleet.drain(timeoutMs),
  };
}
