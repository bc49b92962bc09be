import { encodeControlFrame } from '@sluice/wire';
import type { ResourceRecord } from '@sluice/wire';
import { DeltaRing } from './delta-ring.ts';
import type { DeltaRingLimits, EncodedDelta } from './delta-ring.ts';
import { MemberSet } from './member-set.ts';
import type { RevisionOrigin } from './revision-origin.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import type { EncodedSnapshot } from './snapshot-cache.ts';

/** The resource set from which a view selects. */
export interface ViewSource {
  readonly epoch: string;
  /** The newest revision. */
  readonly revision: number;
  /** The resources that every gateway receives. */
  readonly shared: MemberSet;
  /** The current state of a resource. */
  find(id: string): ResourceRecord | undefined;
}

/**
 * The resources that the nodes of one gateway receive: the gateway itself, the routes that list it,
 * the services of those routes, and the resources that all gateways share. Changes are applied
 * incrementally; services are reference-counted by the routes that use them.
 */
export class GatewayView {
  private readonly own = new MemberSet();
  private readonly routes = new Set<string>();
  private readonly serviceUses = new Map<string, number>();
  private readonly touched = new Set<string>();
  private readonly snapshots: SnapshotCache;
  private ring: DeltaRing;
  private heartbeat: { readonly revision: number; readonly frame: Buffer } | undefined;

  constructor(
    readonly gatewayId: string,
    private readonly source: ViewSource,
    private readonly limits?: DeltaRingLimits,
  ) {
    this.ring = new DeltaRing({ revision: source.revision, setHash: this.setHash() }, limits);
    this.snapshots = new SnapshotCache(
      () => ({
        epoch: source.epoch,
        revision: source.revision,
        records: [...this.own.values(), ...source.shared.values()],
        setHash: this.own.hash.plus(source.shared.hash),
      }),
      (revision) => this.ring.covers(revision),
    );
  }

  get epoch(): string {
    return this.source.epoch;
  }

  /** The newest revision, even if it changed nothing in this view. */
  get revision(): number {
    return this.source.revision;
  }

  /** Adds a route that lists this gateway. */
  addRoute(id: string, services: readonly string[]): void {
    this.routes.add(id);
    this.touched.add(id);
    for (const service of services) this.countService(service, 1);
  }

  /** Removes a route that no longer lists this gateway. */
  removeRoute(id: string, services: readonly string[]): void {
    this.routes.delete(id);
    this.touched.add(id);
    for (const service of services) this.countService(service, -1);
  }

  /**
   * Records that the gateway or a service has changed. Ignores services that this view does not
   * use.
   */
  touch(id: string): void {
    if (id === this.gatewayId || this.serviceUses.has(id)) this.touched.add(id);
  }

  /**
   * Completes a revision: applies the touched resources and appends the delta.
   * @returns true when the revision affects the nodes of this gateway.
   */
  commit(sharedChanges: readonly ResourceRecord[], origin?: RevisionOrigin): boolean {
    const changes = this.settle();
    if (changes.length === 0 && sharedChanges.length === 0) return false;
    this.ring.append(this.revision, [...changes, ...sharedChanges], this.setHash(), origin);
    return true;
  }

  /** Completes loading. Deltas begin after the loaded revision. */
  commitLoad(): void {
    this.settle();
    this.ring = new DeltaRing({ revision: this.revision, setHash: this.setHash() }, this.limits);
  }

  /** True when a node whose set has this hash at this revision can resume with deltas. */
  canResume(revision: number, setHash: Uint8Array): boolean {
    return revision <= this.revision && this.ring.setHashAt(revision)?.equals(setHash) === true;
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
    return this.own.hash.plus(this.source.shared.hash).bytes();
  }

  private countService(id: string, difference: number): void {
    const uses = (this.serviceUses.get(id) ?? 0) + difference;
    if (uses > 0) this.serviceUses.set(id, uses);
    else this.serviceUses.delete(id);
    this.touched.add(id);
  }

  private settle(): ResourceRecord[] {
    const changes: ResourceRecord[] = [];
    for (const id of this.touched) {
      const member = id === this.gatewayId || this.routes.has(id) || this.serviceUses.has(id);
      const change = this.own.settle(id, member ? this.source.find(id) : undefined);
      if (change !== undefined) changes.push(change);
    }
    this.touched.clear();
    return changes;
  }
}
