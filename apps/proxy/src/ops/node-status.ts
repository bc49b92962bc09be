import type { PolicyCatalogue, Resource } from '@sluice/config';
import type { MetricsSnapshot } from '@sluice/telemetry';
import type { ConfigFault, TargetHealth } from '@sluice/wire';
import type { ConfigOrigin } from '../config/config-state.ts';
import type { JwkSet } from '../keys/jwks.ts';

/** Whether the node can receive traffic. */
export type Readiness =
  | {
      readonly ready: true;
      readonly revision: number;
      /** Seconds since the control plane last confirmed the configuration. */
      readonly configAgeSeconds: number;
      readonly source: Exclude<ConfigOrigin, 'none'>;
      /**
       * Why the control plane is not connected, for example a refusal; empty when there is no
       * error.
       */
      readonly lastError: string;
      /** Why the last good configuration could not be written or read; empty without an error. */
      readonly lastGoodError: string;
      /** Number of resources that are refused or kept at their last good version. */
      readonly quarantined: number;
      /** Why the TLS port refuses every handshake; absent when it serves, or is not configured. */
      readonly tlsError?: string;
    }
  /** `reason` is a sentence for the operator. */
  | { readonly ready: false; readonly reason: string };

/** The configuration in service. */
export interface RunningConfig {
  readonly revision: number;
  readonly epoch: string;
  /** Name of the gateway this node has joined. */
  readonly gateway: string;
  readonly source: ConfigOrigin;
  /**
   * Iterated while the response is sent, with requests in between: it must not change meanwhile.
   */
  readonly resources: Iterable<Resource>;
  /** The policies of this node: their schemas mark secrets in their configuration. */
  readonly catalogue?: PolicyCatalogue | undefined;
  /** Resources that are refused or kept at their last good version. */
  readonly quarantined: readonly ConfigFault[];
  /** The newest refused revision, if it is newer than the one in service. */
  readonly refused:
    { readonly revision: number; readonly faults: readonly ConfigFault[] } | undefined;
  /**
   * Why the control plane is not connected, or the file could not be read; empty when there is no
   * error.
   */
  readonly lastError: string;
  /** Why the last good configuration could not be written or read; empty when there is no error. */
  readonly lastGoodError: string;
  readonly targets: readonly TargetHealth[];
}

type MaybePromise<T> = T | Promise<T>;

/**
 * The state that the status server reads. Each function returns plain data that does not change
 * afterwards.
 */
export interface NodeStatus {
  readiness(): Readiness;
  metrics(): MaybePromise<MetricsSnapshot>;
  config(): MaybePromise<RunningConfig>;
  /** The public keys of the gateway. */
  keys(): JwkSet;
}
