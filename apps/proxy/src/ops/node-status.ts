import type { Resource } from '@sluice/config';
import type { MetricsSnapshot } from '@sluice/telemetry';
import type { ConfigOrigin } from '../config/config-state.ts';
import type { ConfigFault } from '../config/source.ts';

/** Whether the node can be sent traffic. */
export type Readiness =
  | {
      readonly ready: true;
      readonly revision: number;
      /** Seconds since somebody confirmed that this is the newest configuration. */
      readonly configAgeSeconds: number;
      readonly source: Exclude<ConfigOrigin, 'none'>;
      /** Why the control plane is not connected, as when it refuses this node; empty when all is well. */
      readonly lastError: string;
    }
  /** `reason` is a sentence for whoever is on call. */
  | { readonly ready: false; readonly reason: string };

/** Health of one target as this node sees it. */
interface TargetHealth {
  readonly service: string;
  readonly address: string;
  readonly healthy: boolean;
}

/** The configuration in service. */
export interface RunningConfig {
  readonly revision: number;
  readonly epoch: string;
  /** Name of the gateway this node has joined. */
  readonly gateway: string;
  readonly source: ConfigOrigin;
  /** Read while the answer is being sent, with requests in between: it should not change meanwhile. */
  readonly resources: Iterable<Resource>;
  /** Resources kept out of service, or at their last good version. */
  readonly quarantined: readonly ConfigFault[];
  /** The newest revision that was refused, if it is newer than the one in service. */
  readonly refused: { readonly revision: number; readonly faults: readonly ConfigFault[] } | undefined;
  /** Why the control plane is not connected, or the file could not be read; empty when all is well. */
  readonly lastError: string;
  /** Why the last good configuration could not be kept or read; empty when all is well. */
  readonly lastGoodError: string;
  readonly targets: readonly TargetHealth[];
}

type MaybePromise<T> = T | Promise<T>;

/** What the status server asks of the node. Each function answers plain data that it does not change afterwards. */
export interface NodeStatus {
  readiness(): Readiness;
  metrics(): MaybePromise<MetricsSnapshot>;
  config(): MaybePromise<RunningConfig>;
}
