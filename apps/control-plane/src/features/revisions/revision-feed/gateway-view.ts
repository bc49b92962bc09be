import type { ResourceRecord, SetHash } from '@sluice/wire';
import { AdaptedView } from './adapted-view.ts';
import { ConfigView } from './config-view.ts';
import type { RevisionClock } from './config-view.ts';
import type { DeltaRingLimits } from './delta-ring.ts';
import { MemberSet } from './member-set.ts';
import type { NodeFilter } from './node-filter.ts';
import type { RevisionOrigin } from './revision-origin.ts';

/** The resource set from which a view selects. */
export interface ViewSource extends RevisionClock {
  /** The resources that every gateway receives. */
  readonly shared: MemberSet;
  /** The current state of a resource. */
  find(id: string): ResourceRecord | undefined;
  /** The resources of kinds that are delivered by gateway to which a resource refers. */
  usesOf(id: string): readonly string[];
}

/**
 * The most adapted views of a gateway. Each costs CPU time for every change. One is needed for each
 * release that is in use besides the newest, and as many again for nodes that are sent no secrets.
 */
const maxAdaptedViews = 16;

/**
 * The resources that the nodes of one gateway receive: the gateway itself, the resources that name
 * it (its roots), everything that those refer to, to any depth, and the resources that all gateways
 * share. Changes are applied incrementally: each resource is counted once for every reference from a
 * resource of the view. References have no cycles, because a kind refers to earlier kinds only.
 */
export class GatewayView extends ConfigView {
  private readonly own = new MemberSet();
  private readonly roots = new Set<string>();
  private readonly uses = new Map<string, number>();
  private readonly touched = new Set<string>();
  /** The views of nodes that are not sent everything, by the key of their filter. */
  private readonly adapted = new Map<string, AdaptedView>();
  private readonly unused = new Set<string>();

  constructor(
    gatewayId: string,
    private readonly source: ViewSource,
    private readonly ringLimits?: DeltaRingLimits,
  ) {
    super(gatewayId, source, ringLimits);
    this.beginDeltas();
  }

  /**
   * The view of nodes that are not sent everything. Creates it when there is none; undefined when
   * the gateway has too many already.
   */
  adaptedTo(filter: NodeFilter): ConfigView | undefined {
    if (filter.isEmpty) return this;
    const known = this.adapted.get(filter.key);
    this.unused.delete(filter.key);
    if (known !== undefined || this.adapted.size >= maxAdaptedViews) return known;
    const view = new AdaptedView(this, this.source, filter, this.ringLimits);
    this.adapted.set(filter.key, view);
    return view;
  }

  /**
   * Removes the adapted views that were unused at the previous call and are unused now. In between,
   * a node that reconnects can resume. `used` holds the keys of the filters in use.
   */
  removeUnused(used: ReadonlySet<string> = new Set()): void {
    for (const key of this.adapted.keys()) {
      if (used.has(key)) this.unused.delete(key);
      else if (this.unused.delete(key)) this.adapted.delete(key);
      else this.unused.add(key);
    }
  }

  /** Adds a resource that names this gateway. */
  addRoot(id: string): void {
    const wasMember = this.has(id);
    this.roots.add(id);
    this.touched.add(id);
    if (!wasMember) this.count(this.source.usesOf(id), 1);
  }

  /** Removes a resource that no longer names this gateway. */
  removeRoot(id: string): void {
    if (!this.roots.delete(id)) return;
    this.touched.add(id);
    if (!this.has(id)) this.count(this.source.usesOf(id), -1);
  }

  /** Records that a resource has changed, and with it what it refers to. */
  change(id: string, before: readonly string[], after: readonly string[]): void {
    if (!this.has(id)) return;
    this.touched.add(id);
    this.count(after, 1);
    this.count(before, -1);
  }

  /** Counts references from a resource of the view, or from one that all gateways share. */
  count(ids: readonly string[], difference: 1 | -1): void {
    for (const id of ids) {
      const wasMember = this.has(id);
      const uses = (this.uses.get(id) ?? 0) + difference;
      if (uses > 0) this.uses.set(id, uses);
      else this.uses.delete(id);
      this.touched.add(id);
      if (this.has(id) !== wasMember) this.count(this.source.usesOf(id), difference);
    }
  }

  /** Records that the gateway itself has changed. */
  touch(): void {
    this.touched.add(this.gatewayId);
  }

  /**
   * Completes a revision: applies the touched resources and appends the delta.
   * @returns true when the revision affects the nodes of this gateway.
   */
  commit(sharedChanges: readonly ResourceRecord[], origin?: RevisionOrigin): boolean {
    const changes = [...this.settle(), ...sharedChanges];
    if (changes.length === 0) return false;
    this.append(changes, origin);
    for (const view of this.adapted.values()) view.commit(changes, origin);
    return true;
  }

  /** Completes loading. Deltas begin after the loaded revision. */
  commitLoad(): void {
    this.settle();
    this.beginDeltas();
  }

  /** @inheritDoc */
  override *records(): Iterable<ResourceRecord> {
    yield* this.own.values();
    yield* this.source.shared.values();
  }

  /** Hash of the resources, without those of some kinds. */
  hashWithout(kinds?: ReadonlySet<string>): SetHash {
    return this.own.hashWithout(kinds).plus(this.source.shared.hashWithout(kinds));
  }

  /** @inheritDoc */
  protected override hash(): SetHash {
    return this.hashWithout();
  }

  private has(id: string): boolean {
    return id === this.gatewayId || this.roots.has(id) || this.uses.has(id);
  }

  private settle(): ResourceRecord[] {
    const changes: ResourceRecord[] = [];
    for (const id of this.touched) {
      const change = this.own.settle(id, this.has(id) ? this.source.find(id) : undefined);
      if (change !== undefined) changes.push(change);
    }
    this.touched.clear();
    return changes;
  }
}
