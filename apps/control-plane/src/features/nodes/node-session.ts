import type { ConfigFault, TargetHealth } from '@sluice/wire';
import { staleAfterMs } from './node.ts';
import type { NodeCapabilities } from './node-capabilities.ts';
import type { Node } from './node.ts';
import { storableFaults, storableTargets, storableText } from './storable.ts';

/** How long a node may take to answer a snapshot, which takes longer to compile than a delta. */
const snapshotAllowanceMs = 30_000;
const maxFaults = 100;
const maxVersionLength = 64;
/** After this silence another process may take the id of a node. A node reports every second. */
const takeableAfterMs = 3_000;

export interface NodeIdentity {
  readonly id: string;
  readonly gatewayId: string;
  readonly version: string;
  /** Identity of the node's process; empty when the node does not send one. */
  readonly bootId?: string;
  readonly capabilities: NodeCapabilities;
}

/**
 * The state of a node that is connected to this replica. Times are milliseconds of
 * {@link performance.now}.
 */
export class NodeSession {
  readonly connectedAt = new Date();
  private appliedRevision = 0;
  private nackedRevision: number | null = null;
  private faults: readonly ConfigFault[] = [];
  private quarantined: readonly ConfigFault[] = [];
  private targets: readonly TargetHealth[] = [];
  private draining = false;
  private hasEnded = false;
  /** False until the node's revisions are known to be those of this database. */
  private isInStep = false;
  private seenAtMs = performance.now();
  private lastSent = 0;
  /** The deadline for the answer to the oldest unanswered frame. */
  private answerDueMs = Number.POSITIVE_INFINITY;

  /**
   * Calls `onChange` for every change except heartbeats. `onSuperseded` is called when another
   * stream takes over.
   */
  constructor(
    readonly identity: NodeIdentity,
    private readonly onChange: () => void,
    readonly onSuperseded: () => void,
  ) {}

  get isDraining(): boolean {
    return this.draining;
  }

  /** False once the stream has ended. */
  get isConnected(): boolean {
    return !this.hasEnded;
  }

  /** True when this process was heard recently and `other` is a different process. */
  keepsIdFrom(other: NodeIdentity): boolean {
    if ((this.identity.bootId ?? '') === (other.bootId ?? '') || this.draining) return false;
    return performance.now() - this.seenAtMs < takeableAfterMs;
  }

  /** Records that the stream has ended. */
  ended(): void {
    this.hasEnded = true;
  }

  /** Records that the node resumes from a state that this control plane knows. */
  resumed(appliedRevision: number, nackedRevision: number, faults: readonly ConfigFault[]): void {
    this.isInStep = true;
    this.appliedRevision = appliedRevision;
    this.nackedRevision = nackedRevision === 0 ? null : nackedRevision;
    this.quarantined = storableFaults(faults);
    this.faults = this.quarantined;
  }

  /** Discards the revisions that the node has answered, because the configuration was reloaded. */
  restarted(): void {
    this.resumed(0, 0, []);
    this.isInStep = false;
    this.onChange();
  }

  /** Records that a revision was written to the stream. */
  sent(revision: number, isSnapshot: boolean): void {
    this.lastSent = revision;
    const due = performance.now() + (isSnapshot ? snapshotAllowanceMs : staleAfterMs);
    if (this.answerDueMs === Number.POSITIVE_INFINITY || isSnapshot) this.answerDueMs = due;
  }

  acked(revision: number, quarantined: readonly ConfigFault[]): void {
    this.answered(revision);
    this.appliedRevision = revision;
    this.quarantined = storableFaults(quarantined);
    this.faults = this.quarantined;
    this.nackedRevision = null;
    this.onChange();
  }

  nacked(revision: number, faults: readonly ConfigFault[]): void {
    this.answered(revision);
    this.nackedRevision = revision;
    this.faults = [...storableFaults(faults), ...this.quarantined].slice(0, maxFaults);
    this.onChange();
  }

  /**
   * True when the node reports an applied revision of this database that is newer than the newest
   * one.
   */
  claimsTooMuch(appliedRevision: number, newest: number): boolean {
    return this.isInStep && appliedRevision > newest;
  }

  reported(draining: boolean, said: readonly TargetHealth[], appliedRevision: number): void {
    this.seenAtMs = performance.now();
    const targets = storableTargets(said);
    const advanced = this.isInStep && appliedRevision > this.appliedRevision;
    const news =
      draining !== this.draining ||
      advanced ||
      JSON.stringify(targets) !== JSON.stringify(this.targets);
    this.draining = draining;
    this.targets = targets;
    if (advanced) this.appliedRevision = appliedRevision;
    if (news) this.onChange();
  }

  /**
   * True when the node has already answered the revision, so that a repeated answer changes
   * nothing.
   */
  hasAnswered(revision: number): boolean {
    return this.isInStep && (revision === this.appliedRevision || revision === this.nackedRevision);
  }

  /**
   * True when the node is live and has neither applied nor rejected the revision. Cheaper than
   * {@link describe}.
   */
  owesAnswerTo(revision: number): boolean {
    return (
      this.appliedRevision < revision &&
      (this.nackedRevision ?? 0) < revision &&
      this.state() === 'live'
    );
  }

  /** True when the node has rejected the revision, or a later one that contains it. */
  hasRefused(revision: number): boolean {
    return this.appliedRevision < revision && (this.nackedRevision ?? 0) >= revision;
  }

  describe(): Node {
    const now = performance.now();
    const { id, gatewayId, version, capabilities } = this.identity;
    return {
      id,
      gatewayId,
      version: storableText(version, maxVersionLength),
      schemaLevel: capabilities.schemaLevel,
      kinds: capabilities.kinds.map((kind) => storableText(kind, maxVersionLength)),
      receivesSecrets: capabilities.mayReceiveSecrets,
      state: this.state(),
      appliedRevision: this.appliedRevision,
      nackedRevision: this.nackedRevision,
      faults: this.faults,
      targets: this.targets,
      connectedAt: this.connectedAt,
      lastSeenAt: new Date(Date.now() - (now - this.seenAtMs)),
    };
  }

  private state(): Node['state'] {
    const now = performance.now();
    if (this.draining) return 'draining';
    return now - this.seenAtMs > staleAfterMs || now > this.answerDueMs ? 'stale' : 'live';
  }

  private answered(revision: number): void {
    this.isInStep = true;
    this.seenAtMs = performance.now();
    this.answerDueMs =
      revision >= this.lastSent ? Number.POSITIVE_INFINITY : this.seenAtMs + staleAfterMs;
  }
}
