import { kinds, type Kind, type Resource } from '@sluice/config';
import type { ConsumerName, CredentialStore, FoundCredential } from '@sluice/policy-sdk';
import { Router } from '@sluice/router';
import { Pipeline, type ProtectedFields } from '@sluice/policy-sdk/run';
import type { Configuration } from '../exchange/configuration.ts';
import { ConsumerIndex } from './compact/consumer-index.ts';
import { CredentialIndex } from './compact/credential-index.ts';
import { joinCredential, type FindCurrent } from './credential-view.ts';
import { GatewayCertificates } from './gateway-certificates.ts';
import { KeysByGateway } from './keys-by-gateway.ts';
import { joinConsumer, joinPlans, planTo, type ServedResources } from './join.ts';
import { servedKind, type ServedOf } from './kinds/kinds.ts';
import type { RuntimeIndexes } from './kinds/served-kind.ts';
import type { RouteMetricsCache } from './route-metrics-cache.ts';
import type { SharedPolicies } from './shared-policies.ts';
import type {
  ConsumerView,
  RoutePlan,
  ServedGateway,
  MutableIndex,
  ServedIndex,
  ServedConsumer,
  ServedCredential,
  ServedResource,
  ServedRoute,
  ServedService,
} from './served.ts';

/**
 * The configuration in service. Each resource is compiled once and never changes. Only `apply.ts`
 * changes the indexes, in one turn of the event loop, so that no request sees a partial revision.
 * An exchange keeps the plan it was matched with until it ends.
 */
export class Runtime implements Configuration, ServedResources, RuntimeIndexes, CredentialStore {
  revision = 0;
  /**
   * Incremented when a resource changes that plans and consumers depend on; they are rebuilt on
   * next use.
   */
  generation = 1;
  /**
   * Incremented with `generation` and with every change of a consumer: key owners are then looked
   * up again.
   */
  #ownersGeneration = 1;
  gateway: ServedGateway | undefined;
  readonly router = new Router<ServedRoute>();
  readonly credentials: CredentialIndex;
  readonly consumers: ConsumerIndex;
  readonly servicesByName = new Map<string, ServedService>();
  readonly certificates = new GatewayCertificates();
  readonly keys = new KeysByGateway();
  readonly #byKind = new Map<Kind, MutableIndex>();

  /** The gateway of this node: other gateways in a snapshot are not served. */
  readonly gatewayName: string;
  readonly routeMetrics: RouteMetricsCache;
  readonly #policies: Pick<SharedPolicies, 'protectedFields'>;
  readonly #findCurrent: FindCurrent;

  /**
   * @param findCurrent finds credentials in this runtime, and in its successor once it is replaced
   * @param predecessor the runtime that this one will replace; equal records are shared with it
   */
  constructor(
    gatewayName: string,
    routeMetrics: RouteMetricsCache,
    policies: Pick<SharedPolicies, 'protectedFields'>,
    findCurrent: FindCurrent,
    predecessor?: Runtime,
  ) {
    this.#findCurrent = findCurrent;
    this.gatewayName = gatewayName;
    this.routeMetrics = routeMetrics;
    this.#policies = policies;
    this.credentials = new CredentialIndex(predecessor?.credentials);
    this.consumers = new ConsumerIndex(predecessor?.consumers);
  }

  /** {@inheritDoc Configuration.protectedFields} */
  get protectedFields(): ProtectedFields {
    return this.#policies.protectedFields;
  }

  /** Puts a resource in service, or replaces the one with its id. Returns the replaced one. */
  install(served: ServedResource): ServedResource | undefined {
    const previous = this.remove(served.kind, served.id);
    const own = servedKind(served.kind);
    if (own.isServed?.(served, this) === false) return previous;
    this.#index(served.kind).set(served.id, served);
    own.installed?.(served, this);
    this.#invalidate(own.invalidates);
    return previous;
  }

  /** Takes a resource out of service and returns it. */
  remove(kind: Kind, id: string): ServedResource | undefined {
    const index = this.#index(kind);
    const previous = index.get(id);
    if (previous === undefined) return undefined;
    const own = servedKind(kind);
    index.delete(id);
    own.removed?.(previous, this);
    this.#invalidate(own.invalidates);
    return previous;
  }

  /**
   * Continues the generations of a replaced runtime, so that its cached plans are stale in this
   * one.
   */
  follow(previous: Runtime): void {
    this.generation += previous.generation;
    this.#ownersGeneration += previous.#ownersGeneration;
  }

  #invalidate(joins: 'plans' | 'owners' | 'nothing'): void {
    if (joins === 'nothing') return;
    this.#ownersGeneration++;
    if (joins === 'plans') this.generation++;
  }

  /** The resource in service with this id. */
  find<K extends Kind>(kind: K, id: string): ServedOf<K> | undefined {
    return this.of(kind).get(id);
  }

  /** The resources of this kind in service. */
  of<K extends Kind>(kind: K): ServedIndex<ServedOf<K>> {
    return this.#index(kind) as ServedIndex as ServedIndex<ServedOf<K>>;
  }

  /** Chooses the branch for a request on this route: the only one, or one by weight. */
  planFor(route: ServedRoute): RoutePlan {
    let plans = route.plans;
    if (plans === undefined || plans.generation !== this.generation) {
      plans = joinPlans(this, route);
      route.plans = plans;
    }
    if (plans.totalWeight === 0) return plans.branches[0] as RoutePlan;
    let point = Math.random() * plans.totalWeight;
    for (const branch of plans.branches) {
      point -= branch.weight;
      if (point < 0) return branch;
    }
    return plans.branches[plans.branches.length - 1] as RoutePlan;
  }

  /** {@inheritDoc Configuration.planTo} */
  planTo(plan: RoutePlan, nameOrId: string): RoutePlan | undefined {
    const { service } = plan;
    if (service !== undefined && (service.id === nameOrId || service.name === nameOrId))
      return plan;
    const known = plan.others?.get(nameOrId);
    if (known !== undefined) return known;
    const other = this.find('service', nameOrId) ?? this.servicesByName.get(nameOrId);
    if (other === undefined) return undefined;
    const planned = planTo(this, plan, other);
    // Bounded by the ids and names of the services.
    (plan.others ??= new Map()).set(nameOrId, planned);
    return planned;
  }

  /** The plan's pipeline with the policies of the consumer and its groups. */
  pipelineFor(plan: RoutePlan, consumer: ConsumerView): Pipeline {
    if (consumer.chains.length === 0) return plan.pipeline;
    let pipeline = consumer.pipelines.get(plan);
    if (pipeline === undefined) {
      pipeline = Pipeline.of([...plan.chains, ...consumer.chains]);
      if (consumer.pipelines.size >= maxPipelinesPerConsumer) consumer.pipelines.clear();
      consumer.pipelines.set(plan, pipeline);
    }
    return pipeline;
  }

  /** {@inheritDoc CredentialStore.findKey} */
  findKey(hash: string): FoundCredential | undefined {
    return this.findCredential('key', hash);
  }

  /** {@inheritDoc CredentialDirectory.find} */
  findCredential(type: string, lookup: string): FoundCredential | undefined {
    return this.credentials.find(type, lookup, this.#ownersGeneration, this.#join);
  }

  /** {@inheritDoc ConsumerDirectory.find} */
  findConsumer(by: ConsumerName): ConsumerView | undefined {
    const id = this.consumers.idOf(by);
    return id === undefined ? undefined : this.#viewOf(id);
  }

  readonly #join = (served: ServedCredential, lookup: string): FoundCredential | undefined => {
    const consumer = this.#viewOf(served.spec.consumer);
    return consumer === undefined
      ? undefined
      : joinCredential(served, consumer, lookup, this.#findCurrent);
  };

  #viewOf(id: string): ConsumerView | undefined {
    return this.consumers.view(id, this.generation, this.#joinConsumer);
  }

  readonly #joinConsumer = (consumer: ServedConsumer): ConsumerView => joinConsumer(this, consumer);

  /** Everything in service, for the configuration dump. */
  *resources(): Generator<Resource> {
    for (const kind of kinds) yield* this.#index(kind).values();
  }

  #index(kind: Kind): MutableIndex {
    let index = this.#byKind.get(kind);
    if (index === undefined) {
      index = servedKind(kind).index?.(this) ?? new Map<string, ServedResource>();
      this.#byKind.set(kind, index);
    }
    return index;
  }
}

/** Bounds the memory of a consumer that uses many routes; a full cache is cleared. */
const maxPipelinesPerConsumer = 64;
