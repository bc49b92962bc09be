import { encodeControlFrame } from '@sluice/wire';
import type { ResourceRecord, SetHash } from '@sluice/wire';
import { DeltaRing } from './delta-ring.ts';
import type { DeltaRingLimits, EncodedDelta } from './delta-ring.ts';
import type { RevisionOrigin } from './revision-origin.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import type { EncodedSnapshot } from './snapshot-cache.ts';

/** The revision up to which a set of resources is known, and the database that it counts in. */
export interface RevisionClock {
  readonly epoch: string;
  /** The newest revision. */
  readonly revision: number;
}

/**
 * A set of resources as it is sent to nodes: its newest deltas, its snapshot and its hash. A
 * subclass determines the resources.
 */
export abstract class ConfigView {
  private readonly snapshots: SnapshotCache;
  private currentRing: DeltaRing | undefined;
  private heartbeat: { readonly revision: number; readonly frame: Buffer } | undefined;

  constructor(
    readonly gatewayId: string,
    private readonly clock: RevisionClock,
    private readonly limits?: DeltaRingLimits,
  ) {
    this.snapshots = new SnapshotCache(
      () => ({
        epoch: clock.epoch,
        revision: clock.revision,
        records: [...this.records()],
        setHash: this.hash(),
      }),
      (revision) => this.ring.covers(revision),
    );
  }

  /** True when both views count the revisions of the same loaded configuration. */
  hasRevisionsOf(other: ConfigView): boolean {
    return this.clock === other.clock;
  }

  get epoch(): string {
    return this.clock.epoch;
  }

  /** The newest revision, even if it changed nothing in this view. */
  get revision(): number {
    return this.clock.revision;
  }

  /** The resources of the view. */
  abstract records(): Iterable<ResourceRecord>;

  /** Hash over {@link records}. */
  protected abstract hash(): SetHash;

  /** True when a node whose set has this hash at this revision can resume with deltas. */
  canResume(revision: number, setHash: Uint8Array): boolean {
    return revision <= this.revision && this.setHashAt(revision)?.equals(setHash) === true;
  }

  /** Hash of the set at a revision; undefined when the deltas do not cover it. */
  setHashAt(revision: number): Buffer | undefined {
    return this.ring.setHashAt(revision);
  }

  /** True when deltas lead from this revision to the newest. */
  covers(revision: number): boolean {
    return this.ring.covers(revision);
  }

  /** The next delta after a covered revision; undefined when there is none. */
  nextDelta(revision: number): EncodedDelta | undefined {
    return this.ring.next(revision);
  }

  /** All deltas after a covered revision, merged into one; undefined when there is none. */
  mergedDelta(revision: number): EncodedDelta | undefined {
    return this.ring.merge(revision);
  }

  /** A snapshot of the whole configuration, at a revision from which deltas lead to the newest. */
  snapshot(): Promise<EncodedSnapshot> {
    return this.snapshots.get();
  }

  /** The heartbeat frame of the newest revision. */
  heartbeatFrame(): Buffer {
    if (this.heartbeat?.revision !== this.revision) {
      this.heartbeat = {
        revision: this.revision,
        frame: encodeControlFrame({
          type: 'heartbeat',
          revision: this.revision,
          setHash: this.setHash(),
        }),
      };
    }
    return this.heartbeat.frame;
  }

  /** Hash of the resources that the nodes should have at the newest revision. */
  setHash(): Buffer {
    return this.hash().bytes();
  }

  /** Appends the changes of the newest revision as a delta. */
  protected append(changes: readonly ResourceRecord[], origin?: RevisionOrigin): void {
    this.ring.append(this.revision, changes, this.setHash(), origin);
  }

  /** Forgets all deltas: later ones begin after the newest revision. */
  protected beginDeltas(): void {
    this.currentRing = this.emptyRing();
  }

  /**
   * Begins with the deltas of a view that has the same resources: with the newest ones, as far back
   * as every change in them satisfies the condition.
   */
  protected continueDeltas(view: ConfigView, condition: (change: ResourceRecord) => boolean): void {
    this.currentRing = view.ring.copyWhile(condition);
  }

  private get ring(): DeltaRing {
    return (this.currentRing ??= this.emptyRing());
  }

  private emptyRing(): DeltaRing {
    return new DeltaRing({ revision: this.revision, setHash: this.setHash() }, this.limits);
  }
}
