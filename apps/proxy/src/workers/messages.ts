import type { MetricsSnapshot } from '@sluice/telemetry';
import type { ResourceRecord, TargetHealth } from '@sluice/wire';
import type { ApplyOutcome, ResourceChange } from '../config/source.ts';
import type { CredentialReport } from '../usage/credential-notes.ts';
import type { CertificateFile } from '../net/key-pair.ts';

/** The node's requests to a worker. Each is answered by a message with the same `id`. */
export type WorkerRequest =
  | SnapshotStart
  /** Pieces of packed records, at least one. Answered when they were read. */
  | { readonly type: 'snapshotPieces'; readonly pieces: readonly Uint8Array[] }
  /** Ends the snapshot. Answered when it was applied. */
  | { readonly type: 'snapshotEnd' }
  | {
      readonly type: 'delta';
      readonly revision: number;
      readonly changes: readonly ResourceChange[];
    }
  | { readonly type: 'listen'; readonly port: number }
  | { readonly type: 'listenTls'; readonly tls: TlsPort }
  | { readonly type: 'certificates'; readonly certificates: NodeCertificates }
  | { readonly type: 'metrics' }
  | { readonly type: 'health' }
  | { readonly type: 'drain'; readonly timeoutMs: number };

/** Begins a snapshot: its pieces follow, and are applied meanwhile. */
export interface SnapshotStart {
  readonly type: 'snapshotStart';
  readonly revision: number;
  /** Ids of records in the pieces that are not part of the snapshot. */
  readonly superseded: readonly string[];
  /** Records that are in no piece. */
  readonly records: readonly ResourceRecord[];
}

/**
 * The certificates that a node has in files: for its TLS port, undefined without one, and for
 * connections to targets, by name.
 */
export interface NodeCertificates {
  readonly server: readonly CertificateFile[] | undefined;
  readonly client: Readonly<Record<string, CertificateFile>>;
}

/** A port for traffic over TLS. */
export interface TlsPort {
  readonly port: number;
  /** Shared by all workers, so that a client can resume its TLS session with any of them. */
  readonly ticketKeys?: Buffer;
}

/** What a process that serves traffic reports about itself. */
export interface WorkerHealth {
  readonly targets: readonly TargetHealth[];
  /** Certificates that clients of the TLS port can get. */
  readonly serverCertificates: number;
  /** What it has noted about credentials since the last answer. */
  readonly credentials: CredentialReport | undefined;
}

/** Answers by the type of the request. */
export interface WorkerAnswers {
  readonly snapshotStart: null;
  readonly snapshotPieces: null;
  readonly snapshotEnd: ApplyOutcome;
  readonly delta: ApplyOutcome;
  /** The bound port. */
  readonly listen: number;
  /** The same for TLS. */
  readonly listenTls: number;
  readonly certificates: null;
  readonly metrics: MetricsSnapshot;
  readonly health: WorkerHealth;
  readonly drain: null;
}

/** From the node to a worker. */
export type ToWorker =
  | { readonly kind: 'request'; readonly id: number; readonly request: WorkerRequest }
  /** Encoded by `limit-messages`. */
  | { readonly kind: 'limitAnswers'; readonly text: string };

/** From a worker to the node. */
export type FromWorker =
  | { readonly kind: 'started' }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly answer: WorkerAnswers[keyof WorkerAnswers] | undefined;
      readonly fault: string | undefined;
    }
  /** Encoded by `limit-messages`. */
  | { readonly kind: 'limitQuestions'; readonly text: string };
