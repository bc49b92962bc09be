import { errorMessage } from '@sluice/errors';
import type { PolicyCache } from '../host/cache.ts';
import type { ClientCertificates } from '../host/client-certificates.ts';
import type { ConsumerDirectory, CredentialDirectory } from '../host/directories.ts';
import type { FailureLimits } from '../host/failure-limits.ts';
import type { HttpClient, HttpClientOptions } from '../host/http.ts';
import type { HostKeys } from '../host/keys.ts';
import type { PolicyMetrics } from '../host/metrics.ts';
import type { SharedStore } from '../host/shared-store.ts';
import type { PolicyTimers } from '../host/timers.ts';
import type { Clock, PolicyHost, PolicyLogger } from '../host.ts';
import { HostSharedStore } from './host-shared-store.ts';
import { HostStates, stateOf } from './host-states.ts';
import { HostTimers } from './host-timers.ts';
import { CacheBudget, MemoryCache } from './memory-cache.ts';
import { MemorySharedStore } from './memory-shared-store.ts';
import { SharedFailures } from './shared-failures.ts';

const maxHttpClients = 8;

/** A client that its host can close. */
export interface ClosableHttpClient extends HttpClient {
  /** Aborts calls in flight, and closes all connections. Resolves when they are closed. */
  close(): Promise<void>;
}

/** What the hosts of a process share. */
export interface HostServices {
  readonly clock: Clock;
  readonly stores: PolicyHost['stores'];
  readonly credentials: CredentialDirectory;
  readonly consumers: ConsumerDirectory;
  /** By default, no certificate is trusted. */
  readonly clientCertificates?: ClientCertificates | undefined;
  readonly keys: HostKeys;
  loggerFor(policyId: string): PolicyLogger;
  /** @param policy the name of the policy, for metrics */
  createHttpClient(policy: string, options: HttpClientOptions): ClosableHttpClient;
  metricsFor(policy: string): PolicyMetrics;
  /**
   * The store that all attachments of a policy share; by default in the memory of the process.
   * @param policy the name of the policy, which keeps its keys apart from those of other policies
   */
  sharedStoreFor?: ((policy: string) => SharedStore) | undefined;
}

/**
 * Creates the host of each policy attachment, and closes what the host has handed out. Nothing is
 * created before a policy asks for it.
 */
export class PolicyHosts {
  readonly #shared: Shared;

  constructor(services: HostServices) {
    this.#shared = {
      services,
      states: new HostStates(),
      budget: new CacheBudget(),
      failures: new SharedFailures(services.clock),
      open: new Set(),
      stores: new Map(),
    };
  }

  /** The number of hosts that hold something which has to be closed. */
  get openCount(): number {
    return this.#shared.open.size;
  }

  /** Bytes in the caches of all attachments. */
  get cacheBytes(): number {
    return this.#shared.budget.bytes;
  }

  /**
   * Creates the host for one compilation of an attachment. End it with {@link closeHost}, also when
   * `compile` throws.
   * @param policyId such as `route:<id>/external-auth`: the name of the policy follows the slash
   */
  hostFor(policyId: string): PolicyHost {
    return new AttachmentHost(policyId, this.#shared);
  }

  /**
   * Closes everything that a host has handed out: clients, timers, cache, and the states when it
   * was the attachment's last host. Faults are logged. Never rejects; a second call does nothing.
   */
  async closeHost(host: PolicyHost): Promise<void> {
    if (host instanceof AttachmentHost) await host.end();
  }

  /** Closes all hosts, when the process ends. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#shared.open].map((host) => host.end()));
  }
}

interface Shared {
  readonly services: HostServices;
  readonly states: HostStates;
  readonly budget: CacheBudget;
  readonly failures: SharedFailures;
  readonly open: Set<AttachmentHost>;
  /** Shared stores by the name of the policy. */
  readonly stores: Map<string, SharedStore>;
}

const noClientCertificates: ClientCertificates = Object.freeze({
  verify: () => ({ cas: [], fault: 'untrusted' as const, expiresAtMs: undefined }),
});

/** The host of one compilation of an attachment. */
class AttachmentHost implements PolicyHost {
  readonly policyId: string;
  readonly logger: PolicyLogger;
  readonly #shared: Shared;
  readonly #clients: ClosableHttpClient[] = [];
  #states: Map<string, object> | undefined;
  #cache: MemoryCache | undefined;
  #sharedStore: HostSharedStore | undefined;
  #timers: HostTimers | undefined;
  #metrics: PolicyMetrics | undefined;
  #failures: FailureLimits | undefined;
  #isClosed = false;

  constructor(policyId: string, shared: Shared) {
    this.policyId = policyId;
    this.logger = shared.services.loggerFor(policyId);
    this.#shared = shared;
  }

  get clock(): Clock {
    return this.#shared.services.clock;
  }

  get stores(): PolicyHost['stores'] {
    return this.#shared.services.stores;
  }

  get credentials(): CredentialDirectory {
    return this.#shared.services.credentials;
  }

  get consumers(): ConsumerDirectory {
    return this.#shared.services.consumers;
  }

  get keys(): HostKeys {
    return this.#shared.services.keys;
  }

  get clientCertificates(): ClientCertificates {
    return this.#shared.services.clientCertificates ?? noClientCertificates;
  }

  /** {@inheritDoc PolicyHost.http} */
  http(options: HttpClientOptions = {}): HttpClient {
    this.#use('http');
    if (this.#clients.length >= maxHttpClients)
      throw new RangeError(
        `a policy has at most ${maxHttpClients} clients: create them in compile`,
      );
    const client = this.#shared.services.createHttpClient(this.#policy, options);
    this.#clients.push(client);
    return client;
  }

  /** {@inheritDoc PolicyHost.state} */
  state<T extends object>(key: string, create: () => T): T {
    this.#use('state');
    this.#states ??= this.#shared.states.hold(this.policyId);
    return stateOf(this.#states, key, create);
  }

  /** {@inheritDoc PolicyHost.cache} */
  get cache(): PolicyCache {
    if (this.#cache === undefined) {
      this.#use('cache');
      this.#cache = new MemoryCache(this.clock, this.#shared.budget);
    }
    return this.#cache;
  }

  /** {@inheritDoc PolicyHost.shared} */
  get shared(): SharedStore {
    if (this.#sharedStore === undefined) {
      this.#use('shared');
      this.#sharedStore = new HostSharedStore(
        sharedStoreOf(this.#policy, this.#shared),
        this.logger,
      );
    }
    return this.#sharedStore;
  }

  /** {@inheritDoc PolicyHost.timers} */
  get timers(): PolicyTimers {
    if (this.#timers === undefined) {
      this.#use('timers');
      this.#timers = new HostTimers(this.logger);
    }
    return this.#timers;
  }

  /** {@inheritDoc PolicyHost.metrics} */
  get metrics(): PolicyMetrics {
    this.#metrics ??= this.#shared.services.metricsFor(this.#policy);
    return this.#metrics;
  }

  /** {@inheritDoc PolicyHost.failures} */
  get failures(): FailureLimits {
    this.#failures ??= this.#shared.failures.of(this.#policy);
    return this.#failures;
  }

  async end(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#shared.open.delete(this);
    this.#timers?.close();
    this.#cache?.close();
    this.#sharedStore?.close();
    const ends = await Promise.allSettled([
      ...this.#clients.map((client) => client.close()),
      this.#states === undefined ? undefined : this.#shared.states.release(this.policyId),
    ]);
    for (const end of ends)
      if (end.status === 'rejected')
        this.logger.warn('a resource of the policy was not closed', {
          error: errorMessage(end.reason),
        });
  }

  get #policy(): string {
    return this.policyId.slice(this.policyId.lastIndexOf('/') + 1);
  }

  #use(what: string): void {
    if (this.#isClosed)
      throw new Error(`the policy is closed: take host.${what} in compile, not later`);
    this.#shared.open.add(this);
  }
}

/** Returns the shared store of a policy, or creates it. */
function sharedStoreOf(policy: string, { stores, services }: Shared): SharedStore {
  let store = stores.get(policy);
  if (store === undefined) {
    store = services.sharedStoreFor?.(policy) ?? new MemorySharedStore(services.clock);
    stores.set(policy, store);
  }
  return store;
}
