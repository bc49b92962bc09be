import type { ConfigFault, TargetHealth } from '@sluice/wire';

/**
 * After this time without a report, or without an answer to a revision, a node is stale and not
 * waited for.
 */
export const staleAfterMs = 5_000;

/**
 * How long nodes may take to reconnect after their replica stopped: twice their longest reconnect
 * delay.
 */
export const comebackMs = 10_000;

/** The state of a node that is connected to any replica. */
export interface Node {
  readonly id: string;
  /** Id of its gateway. */
  readonly gatewayId: string;
  readonly version: string;
  /** Level of its schemas; 0 when it does not say. */
  readonly schemaLevel: number;
  /** The kinds of resources that it understands; empty when it does not name them. */
  readonly kinds: readonly string[];
  /** False when its connection is not encrypted, so that it is sent no secrets. */
  readonly receivesSecrets: boolean;
  readonly state: 'live' | 'stale' | 'draining';
  readonly appliedRevision: number;
  /** The newer revision that the node rejected; null when there is none. */
  readonly nackedRevision: number | null;
  /** Why the node rejected that revision, and the faults of the resources that it quarantines. */
  readonly faults: readonly ConfigFault[];
  readonly targets: readonly TargetHealth[];
  readonly connectedAt: Date;
  readonly lastSeenAt: Date;
}
