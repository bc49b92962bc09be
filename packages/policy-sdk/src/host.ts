import type { LimitStore } from '@sluice/ratelimit';
import type { Consumer, Credential } from './exchange.ts';
import type { PolicyCache } from './host/cache.ts';
import type { ClientCertificates } from './host/client-certificates.ts';
import type { ConsumerDirectory, CredentialDirectory } from './host/directories.ts';
import type { FailureLimits } from './host/failure-limits.ts';
import type { HttpClient, HttpClientOptions } from './host/http.ts';
import type { HostKeys } from './host/keys.ts';
import type { PolicyMetrics } from './host/metrics.ts';
import type { SharedStore } from './host/shared-store.ts';
import type { PolicyTimers } from './host/timers.ts';

export interface Clock {
  /**
   * Wall clock, milliseconds since the epoch. Read once per tick of the event loop, so it is cheap
   * to call.
   */
  now(): number;
}

export interface PolicyLogger {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** The owner of a key. */
export interface KeyOwner {
  readonly consumer: Consumer;
  readonly credential: Credential;
}

/**
 * Credentials of the running configuration, looked up by hash, so that comparison time reveals
 * nothing.
 */
export interface CredentialStore {
  /** `hash` is the SHA-256 of the key in lower-case hex. */
  findKey(hash: string): KeyOwner | undefined;
}

/**
 * The services of the gateway that a policy may use. The host closes what it has handed out when
 * the policy is closed, also when `compile` throws.
 */
export interface PolicyHost {
  /**
   * Identity of this attachment, such as `route:<id>/rate-limit`: state under this id survives a
   * configuration push.
   */
  readonly policyId: string;
  readonly clock: Clock;
  readonly logger: PolicyLogger;
  readonly stores: {
    readonly limits: LimitStore;
    readonly credentials: CredentialStore;
  };
  readonly credentials: CredentialDirectory;
  readonly consumers: ConsumerDirectory;
  readonly clientCertificates: ClientCertificates;
  /** Bounds failed attempts to authenticate; all policies of the process share it. */
  readonly failures: FailureLimits;
  /** The keys of the gateway for the uses that the schema of the policy lists. */
  readonly keys: HostKeys;
  readonly cache: PolicyCache;
  /** Small values that all nodes share. Take it in `compile`: the first use opens a connection. */
  readonly shared: SharedStore;
  readonly timers: PolicyTimers;
  readonly metrics: PolicyMetrics;
  /**
   * Creates a client for calls to HTTP services, with connections of its own. Create it in
   * `compile`; a policy has at most 8.
   */
  http(options?: HttpClientOptions): HttpClient;
  /**
   * Returns the state of this attachment under a key, or creates it. It survives changes of the
   * configuration, and is disposed (`[Symbol.asyncDispose]`, `[Symbol.dispose]` or `close`) when
   * the attachment is gone. Call it in `compile`; a policy has at most 100 states.
   */
  state<T extends object>(key: string, create: () => T): T;
}
