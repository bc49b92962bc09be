import type { Kind, Spec } from '@sluice/config';
import type { ResourceRef } from '@sluice/policy-sdk';
import type { Pipeline, PolicyChain } from '@sluice/policy-sdk/run';
import type {
  ExchangeConsumer,
  ExchangeGateway,
  ExchangePlan,
  ExchangeRoute,
  ExchangeService,
} from '../exchange/configuration.ts';
import type { TimedKey } from '../keys/gateway-keys.ts';
import type { ServerCertificate } from '../listener/certificate-index.ts';
import type { TrustedCa } from '../listener/client-trust.ts';
import type { ClientVerification } from '../listener/client-verification.ts';
import type { UpstreamService } from '../upstream/upstream-service.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** A resource in service: its identity, the spec it was compiled from, and what its kind adds. */
export interface ServedResource<K extends Kind = Kind> extends ResourceRef {
  readonly kind: K;
  readonly spec: Spec<K>;
}

/** The resources of one kind in service, by id: what a `Map` has, as far as it is used. */
export interface ServedIndex<S extends ServedResource = ServedResource> {
  readonly size: number;
  get(id: string): S | undefined;
  values(): IterableIterator<S>;
}

/** An index that `Runtime` changes. */
export interface MutableIndex<S extends ServedResource = ServedResource> extends ServedIndex<S> {
  set(id: string, served: S): unknown;
  delete(id: string): boolean;
}

export interface ServedCa extends ServedResource<'ca'> {
  /** Parsed when the resource was compiled. */
  readonly trusted: TrustedCa;
}

export interface ServedGateway extends ServedResource<'gateway'>, ExchangeGateway {
  readonly chain: PolicyChain;
  readonly trustedProxies: TrustedProxies;
  /** See `Pipeline.ofGateway`. */
  readonly pipeline: Pipeline;
  readonly clientVerification: ClientVerification;
}

export interface ServedService extends ServedResource<'service'>, ExchangeService {
  readonly chain: PolicyChain;
  readonly upstream: UpstreamService;
}

export interface ServedRoute extends ServedResource<'route'>, ExchangeRoute {
  readonly chain: PolicyChain;
  /** Built on first use, and again after its generation has changed. */
  plans: RoutePlans | undefined;
}

export interface ServedGroup extends ServedResource<'group'> {
  readonly chain: PolicyChain;
}

export interface ServedConsumer extends ServedResource<'consumer'> {
  readonly chain: PolicyChain;
}

export type ServedCredential = ServedResource<'credential'>;

/** A certificate in service, for clients of its gateways and for the targets of services. */
export interface ServedCertificate extends ServedResource<'certificate'>, ServerCertificate {}

/** A signing key in service. */
export interface ServedSigningKey extends ServedResource<'signingKey'>, TimedKey {}

/** The kinds that others are compiled with, see `ServedKind.needs`. */
export interface NeededKinds {
  readonly ca: ServedCa;
  readonly certificate: ServedCertificate;
}

/** A consumer as policies see it, with the quotas and policies of its groups. */
export interface ConsumerView extends ExchangeConsumer {
  /** The `Runtime.generation` that it was joined in. */
  readonly generation: number;
  /** Chains of the groups in order, then the consumer's own; empty chains are left out. */
  readonly chains: readonly PolicyChain[];
  /** Pipelines of the plans this consumer has used; only filled when `chains` is not empty. */
  readonly pipelines: Map<RoutePlan, Pipeline>;
}

/** The branches of a route, one per service. */
export interface RoutePlans {
  readonly generation: number;
  readonly branches: readonly RoutePlan[];
  /** Sum of the weights; 0 when there is only one branch. */
  readonly totalWeight: number;
}

/**
 * One branch of a route: everything that its requests share. Built once and used by every request.
 */
export interface RoutePlan extends ExchangePlan {
  readonly route: ServedRoute;
  readonly service: ServedService | undefined;
  readonly weight: number;
  readonly chains: readonly PolicyChain[];
  readonly pipeline: Pipeline;
  /** The plan with other services, by what policies call them; see `Runtime.planTo`. */
  others: Map<string, RoutePlan> | undefined;
}
