import {
  createPolicyCatalogue,
  describeSchemas,
  isKind,
  mergedRules,
  nameOf,
} from '@sluice/config';
import type { Kind, SchemaRules, Spec } from '@sluice/config';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import type { ResourceRecord } from '@sluice/wire';
import type { NodeCapabilities } from '../../nodes/node-capabilities.ts';
import type { ConfigView } from './config-view.ts';
import type { DeltaRingLimits } from './delta-ring.ts';
import { deliveredRecord } from './delivered-record.ts';
import type { OpenSecrets } from './delivered-record.ts';
import { GatewayView } from './gateway-view.ts';
import type { ViewSource } from './gateway-view.ts';
import { isDeliveredByGateway, isUsedByOthers, linksOf, noLinks } from './links.ts';
import type { Links } from './links.ts';
import type { RevisionOrigin } from './revision-origin.ts';
import { MemberSet } from './member-set.ts';
import { NodeFilter } from './node-filter.ts';
import { UnknownResources } from './unknown-resources.ts';

/** The state of a resource after a revision; `spec` is null when it was deleted. */
export interface ResourceState {
  readonly kind: Kind;
  readonly id: string;
  readonly spec: Spec | null;
}

const maxFormerNames = 1_000;

/** The rules of this release without custom policies. */
const builtInRules = describeSchemas(createPolicyCatalogue(builtInPolicySchemas));

/**
 * The whole configuration at one revision, as the JSON that is sent, with a view for every gateway.
 * It does no I/O: the same revisions produce the same views on every replica.
 */
export class ResourceSet implements ViewSource {
  readonly shared = new MemberSet();
  private readonly own = new Map<string, ResourceRecord>();
  /** Only of resources that have some. */
  private readonly links = new Map<string, Links>();
  /** The number of references from shared resources, by target. */
  private readonly sharedUses = new Map<string, number>();
  private readonly views = new Map<string, GatewayView>();
  private readonly gatewayNames = new Map<string, string>();
  /** Names of deleted gateways, whose nodes may still be connected. */
  private readonly formerNames = new Map<string, string>();
  /** Resources of kinds that only a later release knows. They are not sent to nodes. */
  readonly unknown = new UnknownResources();
  private filters = new WeakMap<NodeCapabilities, NodeFilter>();
  private current: number;

  /** Creates an empty set at `revision`. */
  constructor(
    readonly epoch: string,
    revision: number,
    private readonly limits?: DeltaRingLimits,
    private rules: SchemaRules = builtInRules,
    private readonly open: OpenSecrets = (_id, spec) => spec,
  ) {
    this.current = revision;
  }

  get revision(): number {
    return this.current;
  }

  /** Number of resources. */
  get size(): number {
    return this.own.size + this.shared.size;
  }

  find(id: string): ResourceRecord | undefined {
    return this.own.get(id);
  }

  /** Finds a resource of a kind that is delivered by gateway. Looks at every resource. */
  findByName(kind: Kind, name: string): ResourceRecord | undefined {
    for (const record of this.own.values())
      if (record.kind === kind && nameOf(kind, JSON.parse(record.json) as Spec) === name)
        return record;
    return undefined;
  }

  usesOf(id: string): readonly string[] {
    return this.links.get(id)?.uses ?? [];
  }

  view(gatewayId: string): GatewayView | undefined {
    return this.views.get(gatewayId);
  }

  /**
   * The view of a gateway for a node: without what the node does not understand or must not
   * receive. Undefined when there is no such gateway, or when it has too many views already.
   */
  viewFor(gatewayId: string, node: NodeCapabilities): ConfigView | undefined {
    return this.views.get(gatewayId)?.adaptedTo(this.filterFor(node));
  }

  /** What a node with these capabilities is not sent. */
  filterFor(node: NodeCapabilities): NodeFilter {
    let filter = this.filters.get(node);
    if (filter === undefined) this.filters.set(node, (filter = new NodeFilter(this.rules, node)));
    return filter;
  }

  /** The schema level up to which the rules describe what may be stored. */
  get level(): number {
    return this.rules.level;
  }

  /**
   * Adds the rules of a later release that uses the database too. Nodes get their views by both:
   * each release has policies of its own.
   */
  useRules(later: SchemaRules): void {
    this.rules = mergedRules(this.rules, later);
    this.filters = new WeakMap();
  }

  /** Removes the views that none of these nodes has, now and when this was called before. */
  removeUnusedViews(nodes: Iterable<{ gatewayId: string; capabilities: NodeCapabilities }>): void {
    const used = new Map<string, Set<string>>();
    for (const { gatewayId, capabilities } of nodes) {
      const keys = used.get(gatewayId);
      const { key } = this.filterFor(capabilities);
      if (keys === undefined) used.set(gatewayId, new Set([key]));
      else keys.add(key);
    }
    for (const [id, view] of this.views) view.removeUnused(used.get(id));
  }

  /** Id of the gateway with this name. */
  gatewayId(name: string): string | undefined {
    for (const [id, gatewayName] of this.gatewayNames) if (gatewayName === name) return id;
    return undefined;
  }

  gatewayIds(): Iterable<string> {
    return this.views.keys();
  }

  gatewayName(id: string): string | undefined {
    return this.gatewayNames.get(id) ?? this.formerNames.get(id);
  }

  /** Adds resources of the loaded revision. Call {@link loaded} after the last ones. */
  load(states: readonly ResourceState[]): void {
    for (const state of states) {
      this.keep(state);
      if (!isKind(state.kind)) continue;
      const links = linksOf(state.kind, state.spec);
      if (links !== noLinks) this.links.set(state.id, links);
      if (isDeliveredByGateway(state.kind)) continue;
      for (const use of links.uses) this.sharedUses.set(use, (this.sharedUses.get(use) ?? 0) + 1);
    }
  }

  /** Completes the views after the last {@link load}. */
  loaded(): void {
    for (const [id, { gateways }] of this.links)
      for (const gateway of gateways) this.views.get(gateway)?.addRoot(id);
    for (const view of this.views.values()) {
      view.count(this.usesOf(view.gatewayId), 1);
      view.count([...this.sharedUses.keys()], 1);
      view.touch();
      view.commitLoad();
    }
  }

  /**
   * Applies one revision.
   * @returns ids of the gateways whose nodes the revision affects.
   */
  apply(revision: number, states: readonly ResourceState[], origin?: RevisionOrigin): Set<string> {
    this.current = revision;
    const last = [...new Map(states.map((state) => [state.id, state])).values()];
    const ending = last.flatMap(({ kind, id, spec }) =>
      kind === 'gateway' && spec === null ? (this.views.get(id) ?? []) : [],
    );
    // Gateways first, so that the resources that name a new one find its view.
    const gateways = last.filter(({ kind }) => kind === 'gateway');
    const others = last.filter(({ kind }) => kind !== 'gateway');
    const sharedChanges = [...gateways, ...others].flatMap((state) => this.follow(state));
    const concerned = new Set<string>();
    for (const view of this.views.values())
      if (view.commit(sharedChanges, origin)) concerned.add(view.gatewayId);
    // The views of deleted gateways cannot be found any more, but open streams still use them to
    // send this last delta.
    for (const view of ending) {
      view.touch();
      view.commit(sharedChanges, origin);
      concerned.add(view.gatewayId);
    }
    return concerned;
  }

  /** Applies one change and returns the changes that every gateway receives. */
  private follow(state: ResourceState): ResourceRecord[] {
    const { kind, id, spec } = state;
    const isNewGateway = kind === 'gateway' && spec !== null && !this.views.has(id);
    const sharedChange = this.keep(state);
    const before = this.links.get(id) ?? noLinks;
    const after = linksOf(kind, spec);
    if (after === noLinks) this.links.delete(id);
    else this.links.set(id, after);
    if (!isDeliveredByGateway(kind)) {
      this.countShared(after.uses, 1);
      this.countShared(before.uses, -1);
      return sharedChange === undefined ? [] : [sharedChange];
    }
    if (isNewGateway) this.views.get(id)?.count([...this.sharedUses.keys()], 1);
    for (const view of this.viewsOf(kind, id, before)) view.change(id, before.uses, after.uses);
    for (const gateway of before.gateways)
      if (!after.gateways.includes(gateway)) this.views.get(gateway)?.removeRoot(id);
    for (const gateway of after.gateways)
      if (!before.gateways.includes(gateway)) this.views.get(gateway)?.addRoot(id);
    return [];
  }

  /** The views that may have a resource. */
  private viewsOf(kind: Kind, id: string, { gateways }: Links): Iterable<GatewayView> {
    if (isUsedByOthers(kind)) return this.views.values();
    const ids = kind === 'gateway' ? [id] : gateways;
    return ids.flatMap((gateway) => this.views.get(gateway) ?? []);
  }

  /** Counts references from resources that every gateway receives. */
  private countShared(ids: readonly string[], difference: 1 | -1): void {
    for (const id of ids) {
      const uses = (this.sharedUses.get(id) ?? 0) + difference;
      if (uses > 0) this.sharedUses.set(id, uses);
      else this.sharedUses.delete(id);
      const hasFlipped = difference === 1 ? uses === 1 : uses === 0;
      if (hasFlipped) for (const view of this.views.values()) view.count([id], difference);
    }
  }

  /** Stores a state. Returns the change that every gateway receives; undefined for other kinds. */
  private keep({ kind, id, spec }: ResourceState): ResourceRecord | undefined {
    if (!isKind(kind)) {
      this.unknown.settle(kind, id, spec !== null);
      return undefined;
    }
    const record = spec === null ? undefined : deliveredRecord(kind, id, spec, this.open);
    if (!isDeliveredByGateway(kind)) return this.shared.settle(id, record);
    if (record === undefined) this.own.delete(id);
    else this.own.set(id, record);
    if (kind === 'gateway') this.enterGateway(id, spec);
    return undefined;
  }

  private enterGateway(id: string, spec: Spec | null): void {
    if (spec === null) {
      this.views.delete(id);
      this.formerNames.set(id, this.gatewayNames.get(id) ?? id);
      const [oldest] = this.formerNames.keys();
      if (this.formerNames.size > maxFormerNames && oldest !== undefined)
        this.formerNames.delete(oldest);
      this.gatewayNames.delete(id);
      return;
    }
    this.gatewayNames.set(id, nameOf('gateway', spec));
    if (!this.views.has(id)) this.views.set(id, new GatewayView(id, this, this.limits));
  }
}
