import { bodyLimit, type Kind } from '@sluice/config';
import type { AttachedQuota } from '@sluice/policy-sdk';
import { Pipeline, type PolicyChain } from '@sluice/policy-sdk/run';
import { refusingChain } from './policy-chain.ts';
import type { ServedOf } from './kinds/kinds.ts';
import type { RouteMetricsCache } from './route-metrics-cache.ts';
import { TargetRewrite } from '../exchange/target-rewrite.ts';
import type {
  ConsumerView,
  RoutePlan,
  RoutePlans,
  ServedConsumer,
  ServedGateway,
  ServedRoute,
  ServedService,
} from './served.ts';

/** The resources in service that a join looks up; `Runtime` implements it. */
export interface ServedResources {
  readonly generation: number;
  readonly gateway: ServedGateway | undefined;
  find<K extends Kind>(kind: K, id: string): ServedOf<K> | undefined;
  readonly routeMetrics: RouteMetricsCache;
}

/**
 * Joins a route with its gateway and each of its services. When one of them is missing (it could
 * not be compiled and has no earlier version), the branch refuses: a check is never skipped.
 */
export function joinPlans(runtime: ServedResources, route: ServedRoute): RoutePlans {
  const { spec } = route;
  const parts = spec.split ?? [{ service: spec.service, weight: 1 }];
  const branches = parts.map(({ service, weight }) => joinPlan(runtime, route, service, weight));
  const services = new Set(branches.map((branch) => branch.service?.name ?? ''));
  runtime.routeMetrics.keepServices(route.name, services);
  const totalWeight =
    branches.length === 1 ? 0 : branches.reduce((sum, branch) => sum + branch.weight, 0);
  return { generation: runtime.generation, branches, totalWeight };
}

function joinPlan(
  runtime: ServedResources,
  route: ServedRoute,
  serviceId: string | undefined,
  weight: number,
): RoutePlan {
  const service = serviceId === undefined ? undefined : runtime.find('service', serviceId);
  const routeQuotas = attachedQuotas(runtime, `route:${route.id}`, route.spec.quotas);
  const serviceQuotas =
    service === undefined
      ? []
      : attachedQuotas(runtime, `service:${service.id}`, service.spec.quotas);
  const { gateway } = runtime;
  const complete =
    (serviceId === undefined || service !== undefined) &&
    routeQuotas !== undefined &&
    serviceQuotas !== undefined;
  const chains: readonly PolicyChain[] =
    gateway !== undefined && complete
      ? [gateway.chain, service?.chain ?? [], route.chain]
      : [refusingChain('route', missingPart('route', route.name))];
  const quotas = [...(routeQuotas ?? []), ...(serviceQuotas ?? [])];
  const view = { id: route.id, name: route.name, quotas };
  const metrics = runtime.routeMetrics.get(route.name, service?.name ?? '');
  const rewrite =
    service === undefined ? undefined : TargetRewrite.of(route.spec, service.spec.basePath);
  const maxBodyBytes = bodyLimit(
    route.spec.limits.maxBodyBytes,
    service?.spec.limits.maxBodyBytes,
    gateway?.spec.limits.maxBodyBytes,
  );
  return {
    route,
    view,
    service,
    weight,
    rewrite,
    chains,
    pipeline: Pipeline.of(chains),
    maxBodyBytes,
    metrics,
    others: undefined,
  };
}

/**
 * A plan with another service. It keeps the policies and quotas that the exchange began with.
 * @throws TypeError when the service has policies or quotas, because they would be skipped
 */
export function planTo(
  { gateway, routeMetrics }: ServedResources,
  plan: RoutePlan,
  service: ServedService,
): RoutePlan {
  const { route } = plan;
  if (service.chain.length > 0 || service.spec.quotas.length > 0)
    throw new TypeError(
      `the service "${service.name}" has policies or quotas of its own, which would be skipped: attach them to the route, or remove them`,
    );
  return {
    ...plan,
    service,
    rewrite: TargetRewrite.of(route.spec, service.spec.basePath),
    maxBodyBytes: bodyLimit(
      route.spec.limits.maxBodyBytes,
      service.spec.limits.maxBodyBytes,
      gateway?.spec.limits.maxBodyBytes,
    ),
    metrics: routeMetrics.get(route.name, service.name),
    others: undefined,
  };
}

/** Joins a consumer with its groups and quotas; a missing one makes the consumer refuse. */
export function joinConsumer(runtime: ServedResources, consumer: ServedConsumer): ConsumerView {
  const { spec, id } = consumer;
  const groups = spec.groups.map((group) => runtime.find('group', group));
  const chains = groups.map(
    (group) => group?.chain ?? refusingChain('group', missingPart('consumer', spec.username)),
  );
  const quotaIds = [...spec.quotas, ...groups.flatMap((group) => group?.spec.quotas ?? [])];
  const quotas = attachedQuotas(runtime, `consumer:${id}`, [...new Set(quotaIds)]);
  if (quotas === undefined)
    chains.push(refusingChain('consumer', missingPart('consumer', spec.username)));
  const names = groups.flatMap((group) => (group === undefined ? [] : [group.name]));
  const ownChains = [...chains, consumer.chain].filter((chain) => chain.length > 0);
  return {
    id,
    username: spec.username,
    customId: spec.customId,
    groups: names,
    groupIds: spec.groups,
    groupsText: names.join(','),
    quotas: quotas ?? [],
    generation: runtime.generation,
    chains: ownChains,
    pipelines: ownChains.length === 0 ? noPipelines : new Map(),
  };
}

/** The part itself is listed among the faults of the node: see `quarantineReason`. */
function missingPart(kind: string, name: string): string {
  return `a resource that the ${kind} "${name}" refers to cannot be used; GET /v1/nodes of the Admin API lists the faults`;
}

/** Shared by all consumers without policies; never filled. */
const noPipelines: ConsumerView['pipelines'] = new Map();

/** The quotas by id, or undefined when one of them is not in service. */
function attachedQuotas(
  runtime: ServedResources,
  scope: string,
  ids: readonly string[],
): readonly AttachedQuota[] | undefined {
  const attached: AttachedQuota[] = [];
  for (const id of ids) {
    const quota = runtime.find('quota', id);
    if (quota === undefined) return undefined;
    const limits = quota.spec.limits.map(({ requests, per, burst }) => ({ requests, per, burst }));
    attached.push({ id, name: quota.name, scope, limits });
  }
  return attached;
}
