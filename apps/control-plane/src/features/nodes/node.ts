import type { NodeFault } from './applied.ts';

/** Health of one target as the node sees it. */
export interface NodeTarget {
  readonly service: string;
  readonly address: string;
  readonly healthy: boolean;
}

/** After so long without a sign of life, or an answer, nobody waits for a node any more. */
export const staleAfterMs = 5_000;

/** Nodes whose replica went away are back after so long: twice the longest pause between two of their attempts. */
export const comebackMs = 10_000;

/** What is known about a node, wherever it is connected. */
export interface Node {
  readonly id: string;
  /** Id of its gateway. */
  readonly gatewayId: string;
  readonly version: string;
  readonly state: 'live' | 'stale' | 'draining';
  readonly appliedRevision: number;
  /** A newer revision that it refused. */
  readonly nackedRevision: number | null;
  /** Resources it cannot use: why it refused, and what it keeps out of service. */
  readonly faults: readonly NodeFault[];
  readonly targets: readonly NodeTarget[];
  readonly connectedAt: Date;
  readonly lastSeenAt: Date;
}
