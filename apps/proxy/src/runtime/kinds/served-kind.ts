import type { Kind, PolicyAttachment, Spec } from '@sluice/config';
import type { FieldError } from '@sluice/errors';
import type { AttachPoint } from '@sluice/policies/schemas';
import type { Router } from '@sluice/router';
import type { GatewayMetrics } from '@sluice/telemetry';
import type { PolicyChain } from '@sluice/policy-sdk/run';
import type { KeyPairCache } from '../../net/key-pair-cache.ts';
import type { UpstreamRegistry } from '../../upstream/upstream-registry.ts';
import type { ConsumerIndex } from '../compact/consumer-index.ts';
import type { CredentialIndex } from '../compact/credential-index.ts';
import type { GatewayCertificates } from '../gateway-certificates.ts';
import type { KeysByGateway } from '../keys-by-gateway.ts';
import type { PolicyRegistry } from '../policy-chain.ts';
import type { RouteMetricsCache } from '../route-metrics-cache.ts';
import type {
  MutableIndex,
  NeededKinds,
  ServedGateway,
  ServedResource,
  ServedRoute,
  ServedService,
} from '../served.ts';

/** The services that compiling needs. */
export interface CompileContext extends PolicyRegistry {
  readonly upstreams: UpstreamRegistry;
  readonly metrics: GatewayMetrics;
  readonly keyPairs: KeyPairCache;
}

/** A resource whose spec the schema of its kind has accepted. */
export interface ParsedResource<K extends Kind> {
  readonly kind: K;
  readonly id: string;
  readonly name: string;
  readonly spec: Spec<K>;
}

/** A resource that another one is compiled with. */
export interface NeededResource {
  readonly kind: keyof NeededKinds;
  readonly id: string;
}

/** What a kind may use to compile one resource. */
export interface CompileTools {
  readonly context: CompileContext;
  /**
   * Compiles the policies of the resource. When one of them cannot be compiled, the fault is
   * reported and the chain refuses every request.
   */
  chainOf(holder: AttachPoint, policies: readonly PolicyAttachment[]): PolicyChain;
  /**
   * A resource that the revision puts or leaves in service, at its last good version when it is
   * quarantined. Only resources that `needs` names may be asked for.
   */
  find<K extends keyof NeededKinds>(kind: K, id: string): NeededKinds[K] | undefined;
  /** Reports a fault with which the resource is compiled nevertheless. */
  report(pointer: string, reason: string): void;
}

/** A resource that this node cannot read or compile. */
export interface UnusableResource {
  readonly id: string;
  /** Empty when it cannot be read. */
  readonly name: string;
  readonly spec: unknown;
  /** What cannot be used and why, for the access log. */
  readonly reason: string;
}

/** The indexes of a runtime beside the resources by id. Kinds keep their own entries in them. */
export interface RuntimeIndexes {
  readonly gatewayName: string;
  gateway: ServedGateway | undefined;
  readonly router: Router<ServedRoute>;
  readonly credentials: CredentialIndex;
  readonly consumers: ConsumerIndex;
  readonly servicesByName: Map<string, ServedService>;
  readonly certificates: GatewayCertificates;
  readonly keys: KeysByGateway;
  readonly routeMetrics: RouteMetricsCache;
}

/**
 * How one kind of resource is served: one file of this folder, and one line in `kinds.ts`. A kind
 * without a file is kept as it is.
 */
export interface ServedKind<K extends Kind, S extends ServedResource<K>> {
  /**
   * Which cached joins a change of this kind makes stale: those of routes and consumers, only those
   * of consumers with their credentials, or none.
   */
  readonly invalidates: 'plans' | 'owners' | 'nothing';
  /**
   * The resources that `compile` finds by reference. A delta with one of them also compiles the
   * resources in service that need it. Called for every resource of the kind: it must be cheap.
   */
  needs?(spec: Spec<K>): readonly NeededResource[];
  /** Compiles a resource without putting it in service. May throw: that is a fault. */
  compile(resource: ParsedResource<K>, tools: CompileTools): S;
  /** Faults of a spec that its schema cannot see. */
  specFaults?(spec: Spec<K>, context: CompileContext): readonly FieldError[];
  /**
   * The refusal that replaces an unusable resource. Without one, the resources that refer to it
   * refuse; see `join.ts`.
   */
  refuse?(resource: UnusableResource): S | undefined;
  /** False for a resource that this node does not serve; it is left out. */
  isServed?(served: S, indexes: RuntimeIndexes): boolean;
  /** The index of the kind in a runtime; by default a map. */
  index?(indexes: RuntimeIndexes): MutableIndex<S>;
  /** Called when the resource is put in service. It must not throw. */
  installed?(served: S, indexes: RuntimeIndexes): void;
  /** Called when the resource is taken out of service, also before its successor is put there. */
  removed?(served: S, indexes: RuntimeIndexes): void;
  /** Called after a delta has removed or replaced the resource. */
  retired?(served: S, successor: ServedResource | undefined, indexes: RuntimeIndexes): void;
  /** Called after a snapshot was put in service, with all resources of the kind. */
  replaced?(inService: Iterable<S>, indexes: RuntimeIndexes): void;
  /** Gives back what `compile` has acquired; the resource is not used again. */
  release?(served: S, context: CompileContext): void;
}
