import type { ConfigFault } from '@sluice/wire';

/** The outcome of a revision at one node. */
export interface NodeOutcome {
  readonly id: string;
  readonly gateway: string;
  readonly state: 'live' | 'stale' | 'draining';
  readonly appliedRevision: number;
  /** `not-waited`: the node is stale or draining, so a write does not wait for it. */
  readonly outcome: 'applied' | 'pending' | 'rejected' | 'not-waited';
  readonly faults?: readonly ConfigFault[];
}

/** The outcome of a revision at all nodes of the gateways that it affects. */
export interface AppliedReport {
  readonly revision: number;
  readonly status: 'applied' | 'pending' | 'rejected';
  readonly nodes: readonly NodeOutcome[];
}

/**
 * Reports which nodes have applied a revision. Also serves as the injection token of its
 * implementation.
 */
export abstract class AppliedStatus {
  /**
   * Resolves as soon as all affected live nodes have applied the revision or one has rejected it,
   * and at the latest after `timeoutMs`.
   */
  abstract wait(revision: number, timeoutMs: number): Promise<AppliedReport>;
  /** Reports the current outcome without waiting. */
  abstract status(revision: number): Promise<AppliedReport>;
}
