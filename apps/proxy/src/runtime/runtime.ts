import type { Kind, Resource } from '@sluice/config';
import type { CredentialStore, KeyOwner } from '@sluice/policy-sdk';
import { Pipeline } from '@sluice/policy-sdk/run';
import { Router } from '@sluice/router';
import type { Configuration } from '../exchange/configuration.ts';
import { joinConsumer, joinPlans, type ServedResources } from './join.ts';
import type { RouteMetricsCache } from './route-metrics-cache.ts';
import type {
  ConsumerView,
  RoutePlan,
  Served,
  ServedConsumer,
  ServedGateway,
  ServedGroup,
  ServedKey,
  ServedQuota,
  ServedRoute,
  ServedService,
} from './served.ts';

/**
 * The configuration in service. Each resource is compiled once and never changes. Only `apply.ts`
 * changes the indexes, in one turn of the event loop, so that no request sees a partial revision.
 * An exchange keeps the plan it was matched with until it ends.
 */
export class Runtime implements Configuration, ServedResources, CredentialStore {
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
  readonly services = new Map<string, ServedService>();
  readonly routes = new Map<string, ServedRoute>();
  readonly groups = new Map<string, ServedGroup>();
  readonly consumers = new Map<string, ServedConsumer>();
  readonly quotas = new Map<string, ServedQuota>();
  readonly keys = new Map<string, ServedKey>();
  readonly #keysByHash = new Map<string, ServedKey>();

  /** The gateway of this node: other gateways in a snapshot are not served. */
  readonly gatewayName: string;
  readonly routeMetrics: RouteMetricsCache;

  constructor(gatewayName: string, routeMetrics: RouteMetricsCache) {
    this.gatewayName = gatewayName;
    this.routeMetrics = routeMetrics;
  }

  /** Puts a resource in service, or replaces the one with its id. Returns the replaced one. */
  install(served: Served): Served | undefined {
    const previous = this.remove(served.kind, served.id);
    switch (served.kind) {
      case 'gateway':
        if (served.name === this.gatewayName) this.gateway = served;
        break;
      case 'service':
        this.services.set(served.id, served);
        break;
      case 'route':
        this.routes.set(served.id, served);
        this.router.add(served);
        return previous;
      case 'group':
        this.groups.set(served.id, served);
        break;
      case 'consumer':
        this.consumers.set(served.id, served);
        this.#ownersGeneration++;
        return previous;
      case 'quota':
        this.quotas.set(served.id, served);
        break;
      case 'key':
        this.keys.set(served.id, served);
        this.#keysByHash.set(served.spec.hash, served);
        return previous;
    }
    this.#invalidate();
    return previous;
  }

  /** Takes a resource out of service and returns it. */
  remove(kind: Kind, id: string): Served | undefined {
    const previous = this.find(kind, id);
    if (previous === undefined) return undefined;
    switch (previous.kind) {
      case 'gateway':
        this.gateway = undefined;
        break;
      case 'route':
        this.routes.delete(id);
        this.router.remove(id);
        return previous;
      case 'key':
        this.keys.delete(id);
        // One revision may move a hash to another key: the hash may already belong to that key.
        if (this.#keysByHash.get(previous.spec.hash) === previous)
          this.#keysByHash.delete(previous.spec.hash);
        return previous;
      case 'consumer':
        this.consumers.delete(id);
        this.#ownersGeneration++;
        return previous;
      default:
        this.#indexOf(previous.kind).delete(id);
    }
    this.#invalidate();
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

  #invalidate(): void {
    this.generation++;
    this.#ownersGeneration++;
  }

  /** The resource in service with this id. */
  find(kind: Kind, id: string): Served | undefined {
    if (kind === 'gateway') return this.gateway?.id === id ? this.gateway : undefined;
    return this.#indexOf(kind).get(id);
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
  findKey(hash: string): KeyOwner | undefined {
    const key = this.#keysByHash.get(hash);
    if (key === undefined) return undefined;
    if (key.ownerGeneration !== this.#ownersGeneration) {
      key.owner = this.#findOwner(key);
      key.ownerGeneration = this.#ownersGeneration;
    }
    return key.owner;
  }

  #findOwner({ id, name, spec }: ServedKey): KeyOwner | undefined {
    const consumer = this.consumers.get(spec.consumer);
    if (consumer === undefined) return undefined;
    if (consumer.view === undefined || consumer.view.generation !== this.generation)
      consumer.view = joinConsumer(this, consumer);
    const expiresAtMs = spec.expiresAt === undefined ? undefined : Date.parse(spec.expiresAt);
    return { consumer: consumer.view, credential: { kind: 'key', id, name, expiresAtMs } };
  }

  /** Everything in service, for the configuration dump. */
  *resources(): Generator<Resource> {
    if (this.gateway !== undefined) yield this.gateway;
    for (const kind of ['quota', 'group', 'service', 'route', 'consumer', 'key'] as const)
      yield* this.#indexOf(kind).values();
  }

  #indexOf(kind: Exclude<Kind, 'gateway'>): Map<string, Served> {
    const indexes = {
      service: this.services,
      route: this.routes,
      group: this.groups,
      consumer: this.consumers,
      quota: this.quotas,
      key: this.keys,
    };
    return indexes[kind] as Map<string, Served>;
  }
}

/** Bounds the memory of a consumer that uses many routes; a full cache is cleared. */
const maxPipelinesPerConsumer = 64;
