import type { LimitStore } from '@sluice/ratelimit';
import type { Consumer, Credential } from './exchange.ts';

export interface Clock {
  /** Wall clock, milliseconds since the epoch. Read once per tick of the event loop: cheap to call. */
  now(): number;
}

export interface PolicyLogger {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** What a key belongs to. */
export interface KeyOwner {
  readonly consumer: Consumer;
  readonly credential: Credential;
}

/** Credentials of the running configuration, looked up by hash so that comparison time says nothing. */
export interface CredentialStore {
  /** `hash` is the SHA-256 of the key in lower-case hex. */
  findKey(hash: string): KeyOwner | undefined;
}

/** All that a policy sees of the world. */
export interface PolicyHost {
  /** Identity of this attachment, such as `route:<id>/rate-limit`: state kept under it survives a configuration push. */
  readonly policyId: string;
  readonly clock: Clock;
  readonly logger: PolicyLogger;
  readonly stores: {
    readonly limits: LimitStore;
    readonly credentials: CredentialStore;
  };
}
