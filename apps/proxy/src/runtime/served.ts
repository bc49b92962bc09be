import type { Kind, Spec } from '@sluice/config';
import type { AttachedQuota, Consumer, KeyOwner, ResourceRef } from '@sluice/policy-sdk';
import type { RouteSpec } from '@sluice/router';
import type { HistogramSeries, RouteMetrics } from '@sluice/telemetry';
import type { UpstreamService } from '../upstream/upstream-service.ts';
import type { Pipeline } from './pipeline.ts';
import type { PolicyChain } from './policy-chain.ts';
import type { TargetRewrite } from './target-rewrite.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** What every resource in service has: who it is, and what it was compiled from. */
interface ServedResource<K extends Kind> extends ResourceRef {
  readonly kind: K;
  readonly spec: Spec<K>;
}

export interface ServedGateway extends ServedResource<'gateway'> {
  readonly chain: PolicyChain;
  readonly trustedProxies: TrustedProxies;
  /** For requests that no route takes; see `Pipeline.ofGateway`. */
  readonly pipeline: Pipeline;
  /** Largest request content, where neither route nor service says otherwise; Infinity for no limit. */
  readonly maxBodyBytes: number;
  /** A client that has ended its side still gets its response. */
  readonly servesHalfClosed: boolean;
}

export interface ServedService extends ServedResource<'service'> {
  readonly chain: PolicyChain;
  readonly upstream: UpstreamService;
  readonly durations: HistogramSeries;
}

export interface ServedRoute extends ServedResource<'route'>, RouteSpec {
  readonly chain: PolicyChain;
  /** Built on first use and whenever what it was joined from has changed. */
  plans: RoutePlans | undefined;
}

export interface ServedGroup extends ServedResource<'group'> {
  readonly chain: PolicyChain;
}

export interface ServedConsumer extends ServedResource<'consumer'> {
  readonly chain: PolicyChain;
  view: ConsumerView | undefined;
}

export type ServedQuota = ServedResource<'quota'>;

export interface ServedKey extends ServedResource<'key'> {
  /** Whom it leads to, found on first use and whenever that may have changed; see `Runtime.findKey`. */
  owner: KeyOwner | undefined;
  ownerGeneration: number;
}

export type Served = ServedGateway | ServedService | ServedRoute | ServedGroup | ServedConsumer | ServedQuota | ServedKey;

/** A consumer as policies see it, with what its groups add. */
export interface ConsumerView extends Consumer {
  /** Which state of groups and quotas it was joined from; see `Runtime.generation`. */
  readonly generation: number;
  /** Chains of the groups in order, then the consumer's own; empty chains are left out. */
  readonly chains: readonly PolicyChain[];
  /** Pipelines of the plans this consumer has used; only filled when `chains` is not empty. */
  readonly pipelines: Map<RoutePlan, Pipeline>;
  /** Names of the groups joined for the X-Consumer-Groups field. */
  readonly groupsText: string;
}

/** A route's ways, one per service it may go to. */
export interface RoutePlans {
  readonly generation: number;
  readonly ways: readonly RoutePlan[];
  /** Sum of the weights; 0 when there is only one way. */
  readonly totalWeight: number;
}

/** All that is known about an exchange once its route and service are chosen: joined once, used by every request. */
export interface RoutePlan {
  readonly route: ServedRoute;
  readonly view: ResourceRef & { readonly quotas: readonly AttachedQuota[] };
  readonly service: ServedService | undefined;
  readonly weight: number;
  /** Undefined when the service is sent the path as it came. */
  readonly rewrite: TargetRewrite | undefined;
  readonly chains: readonly PolicyChain[];
  readonly pipeline: Pipeline;
  /** Largest request content, in bytes; Infinity for no limit. */
  readonly maxBodyBytes: number;
  readonly metrics: RouteMetrics;
}
