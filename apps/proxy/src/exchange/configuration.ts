/**
 * What the request path needs of the configuration in service. `runtime/` implements it, so that
 * this room does not depend on how resources are compiled.
 */
import type { Spec } from '@sluice/config';
import type { HeaderList } from '@sluice/http1';
import type { AttachedQuota, Consumer, ResourceRef } from '@sluice/policy-sdk';
import type { PolicySteps, ProtectedFields } from '@sluice/policy-sdk/run';
import type { Router, RouteSpec } from '@sluice/router';
import type { HistogramSeries, RouteMetrics } from '@sluice/telemetry';
import type { TargetRewrite } from './target-rewrite.ts';
import type { Upstream } from './upstream-call.ts';

/** The configuration in service. An exchange keeps the one it was opened with. */
export interface Configuration {
  readonly revision: number;
  /** Undefined until the first configuration is applied. */
  readonly gateway: ExchangeGateway | undefined;
  /** The request fields that only the gateway and its policies may set. */
  readonly protectedFields: ProtectedFields;
  readonly router: Pick<Router<ExchangeRoute>, 'match' | 'matchPreflight'>;
  /** Chooses the branch for a request on this route: the only one, or one by weight. */
  planFor(route: ExchangeRoute): ExchangePlan;
  /**
   * The plan with another service, by id or name; undefined when there is none.
   * @throws TypeError when policies or quotas of the service would be skipped
   */
  planTo(plan: ExchangePlan, nameOrId: string): ExchangePlan | undefined;
  /** The plan's policies with those of the consumer and its groups. */
  pipelineFor(plan: ExchangePlan, consumer: ExchangeConsumer): PolicySteps;
}

export interface ExchangeGateway extends ResourceRef {
  readonly trustedProxies: {
    includes(address: string): boolean;
    /** The client's address according to the peer and X-Forwarded-For. */
    clientAddress(peerAddress: string, headers: HeaderList): string;
  };
  /** For requests that no route matches. */
  readonly pipeline: PolicySteps;
  /** Largest request content unless route or service sets a limit; Infinity for no limit. */
  readonly maxBodyBytes: number;
  /** A client that has closed its side of the connection still gets its response. */
  readonly servesHalfClosed: boolean;
}

export interface ExchangeRoute extends RouteSpec {
  readonly spec: Spec<'route'>;
}

export interface ExchangeService extends ResourceRef {
  readonly spec: Spec<'service'>;
  readonly upstream: Upstream;
  readonly durations: HistogramSeries;
}

export interface ExchangeConsumer extends Consumer {
  /** Names of the groups joined for the X-Consumer-Groups field. */
  readonly groupsText: string;
}

/** One branch of a route: everything that its requests share. */
export interface ExchangePlan {
  readonly route: ExchangeRoute;
  readonly view: ResourceRef & { readonly quotas: readonly AttachedQuota[] };
  readonly service: ExchangeService | undefined;
  /** Undefined when the path is sent unchanged. */
  readonly rewrite: TargetRewrite | undefined;
  readonly pipeline: PolicySteps;
  /** Largest request content, in bytes; Infinity for no limit. */
  readonly maxBodyBytes: number;
  readonly metrics: RouteMetrics;
}
