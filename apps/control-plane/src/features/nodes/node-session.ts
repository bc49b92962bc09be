import { staleAfterMs } from './node.ts';
import type { Node, NodeTarget } from './node.ts';
import type { NodeFault } from './applied.ts';
import { storableFaults, storableTargets, storableText } from './node-words.ts';

/** Compiling a whole configuration takes longer than a delta. */
const snapshotAllowanceMs = 30_000;
const maxFaults = 100;
const maxVersionLength = 64;
/** A node that is silent for so long may be gone, and another process may take its id. It speaks every second. */
const takeableAfterMs = 3_000;

export interface NodeIdentity {
  readonly id: string;
  readonly gatewayId: string;
  readonly version: string;
  /** Identity of the process; empty when the node does not say it. */
  readonly bootId?: string;
}

/** A node that is connected to this replica, as its stream tells it. Times are milliseconds of {@link performance.now}. */
export class NodeSession {
  readonly connectedAt = new Date();
  private appliedRevision = 0;
  private nackedRevision: number | null = null;
  private faults: readonly NodeFault[] = [];
  private quarantined: readonly NodeFault[] = [];
  private targets: readonly NodeTarget[] = [];
  private draining = false;
  private hasEnded = false;
  /** False until what the node calls a revision is known to be one of this database. */
  private isInStep = false;
  private seenAtMs = performance.now();
  private lastSent = 0;
  /** When the oldest frame without an answer must have been answered. */
  private answerDueMs = Number.POSITIVE_INFINITY;

  /** `onChange` hears of everything but a mere sign of life; `onSuperseded` that another stream has taken over. */
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

  /** True when this process is still at work, as far as can be told, and the other one is another. */
  keepsIdFrom(other: NodeIdentity): boolean {
    if ((this.identity.bootId ?? '') === (other.bootId ?? '') || this.draining) return false;
    return performance.now() - this.seenAtMs < takeableAfterMs;
  }

  /** The stream has ended. */
  ended(): void {
    this.hasEnded = true;
  }

  /** The node goes on from a state that this control plane knows too. */
  resumed(appliedRevision: number, nackedRevision: number, faults: readonly NodeFault[]): void {
    this.isInStep = true;
    this.appliedRevision = appliedRevision;
    this.nackedRevision = nackedRevision === 0 ? null : nackedRevision;
    this.quarantined = storableFaults(faults);
    this.faults = this.quarantined;
  }

  /** The revisions the node has answered so far mean nothing any more. */
  restarted(): void {
    this.resumed(0, 0, []);
    this.isInStep = false;
    this.onChange();
  }

  /** A revision was written to the stream. */
  sent(revision: number, isSnapshot: boolean): void {
    this.lastSent = revision;
    const due = performance.now() + (isSnapshot ? snapshotAllowanceMs : staleAfterMs);
    if (this.answerDueMs === Number.POSITIVE_INFINITY || isSnapshot) this.answerDueMs = due;
  }

  acked(revision: number, quarantined: readonly NodeFault[]): void {
    this.answered(revision);
    this.appliedRevision = revision;
    this.quarantined = storableFaults(quarantined);
    this.faults = this.quarantined;
    this.nackedRevision = null;
    this.onChange();
  }

  nacked(revision: number, faults: readonly NodeFault[]): void {
    this.answered(revision);
    this.nackedRevision = revision;
    this.faults = [...storableFaults(faults), ...this.quarantined].slice(0, maxFaults);
    this.onChange();
  }

  /** True when the node says that it serves with a revision that the newest one is not yet, though it counts as we do. */
  claimsTooMuch(appliedRevision: number, newest: number): boolean {
    return this.isInStep && appliedRevision > newest;
  }

  reported(draining: boolean, said: readonly NodeTarget[], appliedRevision: number): void {
    this.seenAtMs = performance.now();
    const targets = storableTargets(said);
    const advanced = this.isInStep && appliedRevision > this.appliedRevision;
    const news = draining !== this.draining || advanced || JSON.stringify(targets) !== JSON.stringify(this.targets);
    this.draining = draining;
    this.targets = targets;
    if (advanced) this.appliedRevision = appliedRevision;
    if (news) this.onChange();
  }

  /** True for what the node has said already, so that saying it again changes nothing. */
  hasAnswered(revision: number): boolean {
    return this.isInStep && (revision === this.appliedRevision || revision === this.nackedRevision);
  }

  /** True when it is live and has neither applied nor refused the revision: what a cheap look can tell. */
  owesAnswerTo(revision: number): boolean {
    return this.appliedRevision < revision && (this.nackedRevision ?? 0) < revision && this.state() === 'live';
  }

  /** True when it has refused the revision, or a later one that contained it. */
  hasRefused(revision: number): boolean {
    return this.appliedRevision < revision && (this.nackedRevision ?? 0) >= revision;
  }

  describe(): Node {
    const now = performance.now();
    const { id, gatewayId, version } = this.identity;
    return {
      id,
      gatewayId,
      version: storableText(version, maxVersionLength),
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
    this.answerDueMs = revision >= this.lastSent ? Number.POSITIVE_INFINITY : this.seenAtMs + staleAfterMs;
  }
}
