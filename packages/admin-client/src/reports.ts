import type { PolicyAttachment } from './resources.ts';

/** One resource that a node could not use, with the reason. */
export interface NodeFault {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly pointer: string;
  readonly code: string;
  readonly reason: string;
}

/** The state of a revision on one node. */
export interface NodeOutcome {
  readonly id: string;
  readonly gateway: string;
  readonly state: 'live' | 'stale' | 'draining';
  readonly appliedRevision: number;
  readonly outcome: 'applied' | 'pending' | 'rejected' | 'not-waited';
  readonly faults?: readonly NodeFault[];
}

export interface AppliedReport {
  readonly revision: number;
  readonly status: 'applied' | 'pending' | 'rejected';
  readonly nodes: readonly NodeOutcome[];
}

/** A connected proxy. */
export interface Node {
  readonly id: string;
  readonly gateway: string;
  readonly version: string;
  readonly state: 'live' | 'stale' | 'draining';
  readonly appliedRevision: number;
  readonly nackedRevision: number | null;
  readonly faults: readonly NodeFault[];
  readonly targets: readonly {
    readonly service: string;
    readonly address: string;
    readonly healthy: boolean;
  }[];
  readonly connectedAt: string;
  readonly lastSeenAt: string;
}

export interface Change {
  readonly action: 'created' | 'updated' | 'deleted';
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** Present only when a single revision is read. */
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
}

export interface Revision {
  readonly revision: number;
  readonly committedAt: string;
  readonly actor: string;
  readonly requestId: string;
  /** Null when it may affect all. */
  readonly gateways: readonly string[] | null;
  readonly changes: readonly Change[];
}

export interface Policy {
  readonly name: string;
  readonly summary: string;
  readonly origin: 'built-in' | 'own';
  readonly phases: readonly string[];
  readonly attach: readonly string[];
  readonly answers: boolean;
  readonly onError?: 'open' | 'closed';
  /** JSON Schema of its configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface EffectivePolicies {
  readonly route: string;
  readonly gateway: string | null;
  readonly service: string | null;
  readonly consumer: string | null;
  readonly policies: readonly (PolicyAttachment & {
    readonly from: { readonly kind: string; readonly id?: string; readonly name?: string };
  })[];
}
