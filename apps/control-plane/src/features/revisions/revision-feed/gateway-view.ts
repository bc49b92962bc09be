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
}

/**
 * The most adapted views of a gateway. Each costs CPU time for every change. One is needed for each
 * release that is in use besides the newest, and as many again for nodes that are sent no secrets.
 */
const maxAdaptedViews = 16;

/**
 * The resources that the nodes of one gateway receive: the gateway itself, the routes that list it,
 * the services of those routes, and the resources that all gateways share. Changes are applied
 * incrementally; services are reference-counted by the routes that use them.
 */
export class GatewayView extends ConfigView {
  private readonly own = new MemberSet();
  private readonly routes = new Set<string>();
  private readonly serviceUses = new Map<string, number>();
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
