import {
  canonicalJson,
  createPolicyCatalogue,
  describeSchemas,
  isKind,
  kindOf,
  kinds,
  mergedRules,
  nameOf,
} from '@sluice/config';
import type { Kind, SchemaRules, Spec } from '@sluice/config';
import { builtInPolicySchemas } from '@sluice/policies/schemas';
import type { ResourceRecord } from '@sluice/wire';
import type { NodeCapabilities } from '../../nodes/node-capabilities.ts';
import type { ConfigView } from './config-view.ts';
import type { DeltaRingLimits } from './delta-ring.ts';
import { GatewayView } from './gateway-view.ts';
import type { ViewSource } from './gateway-view.ts';
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

/** The gateways and the services to which a route refers. */
interface RouteUses {
  readonly gateways: readonly string[];
  readonly services: readonly string[];
}

const maxFormerNames = 1_000;

const nowhere: RouteUses = { gateways: [], services: [] };

/**
 * Kinds of which each gateway receives only some resources. Resources of other kinds go to every
 * node.
 */
const ownKinds: ReadonlySet<string> = new Set(
  kinds.filter((kind) => kindOf(kind).delivery === 'by-gateway'),
);

/** The rules of this release without custom policies. */
const builtInRules = describeSchemas(createPolicyCatalogue(builtInPolicySchemas));

/**
 * The whole configuration at one revision, as the JSON that is sent, with a view for every gateway.
 * It does no I/O: the same revisions produce the same views on every replica.
 */
export class ResourceSet implements ViewSource {
  readonly shared = new MemberSet();
  private readonly own = new Map<string, ResourceRecord>();
  private readonly routes = new Map<string, RouteUses>();
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

  /** Adds resources while loading, in any order. Call {@link loaded} afterwards. */
  load(states: readonly ResourceState[]): void {
    this.enter(states);
  }

  /** Completes the views after the last {@link load}. */
  loaded(): void {
    for (const [id, uses] of this.routes) this.join(id, uses);
    for (const view of this.views.values()) {
      view.touch(view.gatewayId);
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
    const routesBefore = new Map(last.map(({ id }) => [id, this.routes.get(id)]));
    const sharedChanges = this.enter(last);
    for (const { kind, id } of last) {
      if (kind === 'route') {
        this.leave(id, routesBefore.get(id) ?? nowhere);
        this.join(id, this.routes.get(id) ?? nowhere);
      } else for (const view of this.views.values()) view.touch(id);
    }
    const concerned = new Set<string>();
    for (const view of this.views.values())
      if (view.commit(sharedChanges, origin)) concerned.add(view.gatewayId);
    // The views of deleted gateways cannot be found any more, but open streams still use them to
    // send this last delta.
    for (const view of ending) {
      view.touch(view.gatewayId);
      view.commit(sharedChanges, origin);
      concerned.add(view.gatewayId);
    }
    return concerned;
  }

  /** Stores the states and returns the changes that every gateway receives. */
  private enter(states: readonly ResourceState[]): ResourceRecord[] {
    const sharedChanges: ResourceRecord[] = [];
    for (const { kind, id, spec } of states) {
      if (!isKind(kind)) {
        this.unknown.settle(kind, id, spec !== null);
        continue;
      }
      const record = spec === null ? undefined : { kind, id, json: canonicalJson(spec) };
      if (!ownKinds.has(kind)) {
        const change = this.shared.settle(id, record);
        if (change !== undefined) sharedChanges.push(change);
        continue;
      }
      if (record === undefined) this.own.delete(id);
      else this.own.set(id, record);
      if (kind === 'route') this.enterRoute(id, spec as Spec<'route'> | null);
      if (kind === 'gateway') this.enterGateway(id, spec);
    }
    return sharedChanges;
  }

  private enterRoute(id: string, spec: Spec<'route'> | null): void {
    if (spec === null) {
      this.routes.delete(id);
      return;
    }
    const services = [
      ...(spec.service === undefined ? [] : [spec.service]),
      ...(spec.split ?? []).map(({ service }) => service),
    ];
    this.routes.set(id, { gateways: spec.gateways, services });
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

  private join(id: string, { gateways, services }: RouteUses): void {
    for (const gateway of new Set(gateways)) this.views.get(gateway)?.addRoute(id, services);
  }

  private leave(id: string, { gateways, services }: RouteUses): void {
    for (const gateway of new Set(gateways)) this.views.get(gateway)?.removeRoute(id, services);
  }
}
