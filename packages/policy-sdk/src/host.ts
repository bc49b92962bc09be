import type { LimitStore } from '@sluice/ratelimit';
import type { Consumer, Credential } from './exchange.ts';

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

/** The services of the gateway that a policy may use. */
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
}
