import type { Service } from '@sluice/config';
import type { TimerWheel } from '../net/timer-wheel.ts';
import { WeightedRoundRobin } from './balance/weighted-round-robin.ts';
import { ClientCertificates } from './client-certificates.ts';
import { PassiveHealth } from './health.ts';
import { Http2Target } from './http2-target.ts';
import type { PooledTarget } from './pooled-target.ts';
import {
  targetKey,
  type TargetOptions,
  type TargetSpec,
  type TlsMaterial,
} from './target-options.ts';
import { TargetPool } from './target-pool.ts';
import type { ConnectionOutcome } from './try-connection.ts';
import { UpstreamService } from './upstream-service.ts';

/** After a search without an idle connection, the time until the next search. */
const NONE_IDLE_MS = 20;

/** A target, shared by the services that use it. */
interface SharedTarget {
  readonly pool: PooledTarget;
  holders: number;
}

/** State that a service keeps when its configuration changes. */
interface ServiceMemory {
  holders: number;
  /** The targets and weights for which the balancer was created. */
  turns: string;
  balance: WeightedRoundRobin;
  health: Map<string, PassiveHealth>;
}

/**
 * Creates upstream services from their configuration. A target that a change does not affect keeps
 * its connections, health and position in the balancer. Connections belong to a target and are
 * shared between services. Health belongs to a target of one service, because a target that fails
 * for one API may work for another.
 */
export class UpstreamRegistry {
  /** The client certificates for targets that require one. */
  readonly clientCertificates = new ClientCertificates();
  private readonly wheel: TimerWheel;
  private readonly options: Partial<TargetOptions>;
  private readonly targets = new Map<string, SharedTarget>();
  private readonly memories = new Map<string, ServiceMemory>();
  /** The targets to release together with each service. */
  private readonly held = new Map<UpstreamService, readonly string[]>();
  /** Pools that no service uses, which still have calls in progress. */
  private readonly retired = new Set<PooledTarget>();

  private noneIdleUntilMs = 0;

  constructor(wheel: TimerWheel, options: Partial<TargetOptions> = {}) {
    this.wheel = wheel;
    this.options = options;
    options.budget?.onFull(() => this.closeIdle());
  }

  /**
   * Creates the service for a configuration. The caller releases each acquired service once.
   * @param id of the service, which stays the same when its configuration changes
   * @param material what `tls.certificate` and `tls.cas` refer to
   * @throws MissingClientCertificate when the service names a certificate that this node does not
   *   have
   * @throws Error when an address is not host:port, which the schema of services prevents
   */
  acquire(id: string, spec: Service, material?: TlsMaterial): UpstreamService {
    const { clientCertificate } = spec.tls;
    if (clientCertificate !== undefined) this.clientCertificates.get(clientCertificate);
    const places = spec.targets.map(({ address }) => targetKey(specOf(spec, address)));
    const keys = spec.targets.map(({ address }) => targetKey(specOf(spec, address, material)));
    const memory = this.remember(id, spec, places);
    const targets = spec.targets.map(({ address, weight }, index) => {
      const key = keys[index] as string;
      const target = this.hold(key, specOf(spec, address, material));
      return {
        target,
        health: memory.health.get(places[index] as string) as PassiveHealth,
        weight,
        tryConnect: (onOutcome: (outcome: ConnectionOutcome) => void) =>
          target.tryConnection(spec.timeouts.connectMs, onOutcome),
      };
    });
    const service = new UpstreamService(
      id,
      targets,
      memory.balance,
      spec.health,
      this.wheel,
      spec.timeouts.totalMs,
    );
    this.held.set(service, keys);
    return service;
  }

  /** Releases a service that receives no new exchanges. Exchanges in progress may finish. */
  release(service: UpstreamService): void {
    const keys = this.held.get(service);
    if (keys === undefined) return;
    this.held.delete(service);
    for (const key of keys) this.letGo(key);
    const memory = this.memories.get(service.id);
    if (memory !== undefined && --memory.holders === 0) this.memories.delete(service.id);
  }

  /** Closes all connections. */
  closeAll(): void {
    for (const { pool } of this.targets.values()) pool.close();
    for (const pool of this.retired) pool.close();
    this.retired.clear();
  }

  /** Open and idle connections and waiting calls by target, for metrics. */
  connections(): {
    readonly address: string;
    readonly open: number;
    readonly idle: number;
    readonly waiting: number;
  }[] {
    return [...this.targets.values()].map(({ pool }) => ({
      address: pool.address,
      open: pool.openCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }));
  }

  /** Called by the connection budget: closes one idle connection. */
  private closeIdle(): boolean {
    // A search over all targets for every request at the limit would cost more than the request.
    if (this.wheel.nowMs < this.noneIdleUntilMs) return false;
    for (const { pool } of this.targets.values()) if (pool.closeIdle()) return true;
    this.noneIdleUntilMs = this.wheel.nowMs + NONE_IDLE_MS;
    return false;
  }

  private remember(id: string, spec: Service, keys: readonly string[]): ServiceMemory {
    const turns = JSON.stringify(spec.targets.map(({ weight }, index) => [keys[index], weight]));
    let memory = this.memories.get(id);
    if (memory === undefined) {
      memory = { holders: 0, turns: '', balance: new WeightedRoundRobin([]), health: new Map() };
      this.memories.set(id, memory);
    }
    if (memory.turns !== turns) {
      memory.turns = turns;
      memory.balance = new WeightedRoundRobin(spec.targets.map(({ weight }) => weight));
    }
    const { health } = memory;
    memory.health = new Map(keys.map((key) => [key, health.get(key) ?? new PassiveHealth()]));
    memory.holders++;
    return memory;
  }

  private hold(key: string, spec: TargetSpec): PooledTarget {
    let shared = this.targets.get(key);
    if (shared === undefined) {
      const Target = spec.protocol === 'h2' || spec.protocol === 'h2c' ? Http2Target : TargetPool;
      shared = {
        pool: new Target(spec, this.wheel, this.options, this.clientCertificates),
        holders: 0,
      };
      this.targets.set(key, shared);
    }
    shared.holders++;
    return shared.pool;
  }

  private letGo(key: string): void {
    const shared = this.targets.get(key);
    if (shared === undefined || --shared.holders > 0) return;
    this.targets.delete(key);
    shared.pool.drain();
    this.retired.add(shared.pool);
    for (const pool of this.retired) if (pool.openCount === 0) this.retired.delete(pool);
  }
}

function specOf(
  { protocol, tls, connections }: Service,
  address: string,
  material?: TlsMaterial,
): TargetSpec {
  return {
    protocol,
    address,
    tls,
    material,
    connections: { maxConnections: connections.max, maxQueued: connections.queue },
  };
}
