/**
 * The frames of the config stream, as `proto/sluice/config/v1/config_stream.proto` defines them.
 * The proto file documents each field; this file gives them the names and types of the code.
 * Revisions are safe integers, hashes are 32 bytes.
 */

/** A frame that a node sends. */
export type NodeFrame = Hello | Ack | Nack | StatusReport | CredentialReport | UnknownFrame;

/** A frame that the control plane sends. */
export type ControlFrame = SnapshotChunk | Delta | Heartbeat | Drain | UnknownFrame;

/** A frame of a newer peer that this version does not know. It is only received, never sent. */
export interface UnknownFrame {
  readonly type: 'unknown';
}

export interface Hello {
  readonly type: 'hello';
  readonly nodeId: string;
  readonly gateway: string;
  readonly version: string;
  readonly policies: readonly string[];
  readonly epoch: string;
  readonly revision: number;
  readonly setHash: Uint8Array;
  readonly appliedRevision: number;
  readonly nackedRevision: number;
  readonly faults: readonly ConfigFault[];
  /** Id of the process; empty when the node does not send it. */
  readonly bootId: string;
  /** The kinds of resources that the node understands; empty when it does not name them. */
  readonly kinds: readonly string[];
  /** Level of the node's schemas; 0 when it does not say. */
  readonly schemaLevel: number;
}

export interface Ack {
  readonly type: 'ack';
  readonly revision: number;
  readonly quarantined: readonly ConfigFault[];
}

export interface Nack {
  readonly type: 'nack';
  readonly revision: number;
  readonly faults: readonly ConfigFault[];
}

/** One resource that a node cannot use, and why. */
export interface ConfigFault {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** RFC 6901 JSON Pointer into the resource. */
  readonly pointer: string;
  readonly code: string;
  readonly reason: string;
}

export interface StatusReport {
  readonly type: 'status';
  readonly draining: boolean;
  readonly targets: readonly TargetHealth[];
  readonly appliedRevision: number;
}

/** Health of one target as a node sees it. */
export interface TargetHealth {
  readonly service: string;
  readonly address: string;
  readonly healthy: boolean;
}

/** What a node has noted about credentials since its last report. */
export interface CredentialReport {
  readonly type: 'credentialReport';
  readonly uses: readonly CredentialUse[];
  readonly rehashes: readonly PasswordRehash[];
}

/** A credential has authenticated a request. */
export interface CredentialUse {
  readonly credentialId: string;
  readonly secondsAgo: number;
}

/** A stronger hash of a password than the stored one, which the password matched. */
export interface PasswordRehash {
  readonly credentialId: string;
  /** SHA-256 of the stored hash. */
  readonly replaced: Uint8Array;
  /** A PHC string. */
  readonly hash: string;
}

export interface SnapshotChunk {
  readonly type: 'snapshot';
  readonly epoch: string;
  readonly revision: number;
  readonly chunk: number;
  readonly chunks: number;
  readonly data: Uint8Array;
  readonly checksum: Uint8Array;
  readonly setHash: Uint8Array;
}

export interface Delta {
  readonly type: 'delta';
  readonly fromRevision: number;
  readonly revision: number;
  readonly changes: readonly ResourceRecord[];
  readonly setHash: Uint8Array;
  readonly merged: boolean;
  /**
   * The `traceparent` of each traced write in the delta, oldest first. Absent when there is none.
   */
  readonly traceparents?: readonly string[];
}

/** A resource on the wire. In a delta, an empty `json` says that it was deleted. */
export interface ResourceRecord {
  readonly kind: string;
  readonly id: string;
  /** Canonical JSON of the resource's properties. */
  readonly json: string;
}

export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly revision: number;
  readonly setHash: Uint8Array;
}

export interface Drain {
  readonly type: 'drain';
  readonly reason: string;
}
