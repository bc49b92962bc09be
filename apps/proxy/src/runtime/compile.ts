import { errorMessage } from '@sluice/errors';
import {
  answerFaults,
  bodyLimit,
  defaultPolicies,
  fieldErrors,
  nameOf,
  resourceSchemas,
  type Kind,
  type PolicyAttachment,
  type Resource,
  type Spec,
} from '@sluice/config';
import { Pipeline, type PolicyChain } from '@sluice/policy-sdk/run';
import type { GatewayMetrics } from '@sluice/telemetry';
import type { ConfigFault } from '@sluice/wire';
import { MissingClientCertificate } from '../upstream/client-certificates.ts';
import type { UpstreamRegistry } from '../upstream/upstream-registry.ts';
import {
  compileChain,
  isFaulty,
  quarantineReason,
  refusingChain,
  type PolicyRegistry,
} from './policy-chain.ts';
import { readMatch } from './read-match.ts';
import type { Served, ServedRoute } from './served.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** The services that compiling needs. */
export interface CompileContext extends PolicyRegistry {
  readonly upstreams: UpstreamRegistry;
  readonly metrics: GatewayMetrics;
}

/** A compiled resource and its faults. A faulty resource refuses requests: it fails closed. */
export interface Compiled {
  readonly served: Served | undefined;
  readonly faults: readonly ConfigFault[];
}

/**
 * Compiles a resource for the request path without putting it in service. Never throws. A resource
 * that this node cannot read, or whose policies cannot be compiled, becomes a refusal; `served` is
 * undefined when its kind has no refusal.
 */
export function compileResource(resource: Resource, context: CompileContext): Compiled {
  const { kind, id } = resource;
  const parsed = resourceSchemas[kind].safeParse(resource.spec);
  const name = nameOf(kind, resource.spec);
  const invalid = parsed.success
    ? kind === 'route'
      ? answerFaults(parsed.data, context.catalogue)
      : []
    : fieldErrors(parsed.error);
  if (!parsed.success || invalid.length > 0) {
    const faults = invalid.map(({ pointer, detail }) => ({
      kind,
      id,
      name,
      pointer,
      code: 'invalid_resource',
      reason: detail,
    }));
    return { served: refusal(kind, id, name, resource.spec, faults), faults };
  }
  const faults: ConfigFault[] = [];
  const chainOf = (
    holder: 'gateway' | 'service' | 'route' | 'group' | 'consumer',
    policies: readonly PolicyAttachment[],
  ): PolicyChain => {
    const chain = compileChain({ kind: holder, id, name, policies }, context);
    if (!isFaulty(chain)) return chain;
    faults.push(...chain.map((fault) => ({ kind, id, name, ...fault })));
    return refusingChain(holder, quarantineReason(kind, name, chain));
  };
  try {
    return {
      served: serve(kind, id, name, shareEmptyLists(parsed.data), chainOf, context),
      faults,
    };
  } catch (fault) {
    const reason = errorMessage(fault);
    const pointer = fault instanceof MissingClientCertificate ? fault.pointer : '';
    faults.push({ kind, id, name, pointer, code: 'resource_compile_failed', reason });
    return { served: refusal(kind, id, name, resource.spec, faults), faults };
  }
}

/**
 * The refusal that replaces an unreadable resource. For a kind without one, the resources that
 * refer to it refuse; see `join.ts`.
 */
function refusal(
  kind: Kind,
  id: string,
  name: string,
  spec: unknown,
  faults: readonly ConfigFault[],
): Served | undefined {
  if (kind !== 'route' && kind !== 'consumer') return undefined;
  const chain = refusingChain(kind, quarantineReason(kind, name, faults));
  return kind === 'route'
    ? refusingRoute(id, name, spec, chain)
    : refusingConsumer(id, name, chain);
}

/**
 * The consumer's keys stay known, so that the caller gets a gateway error instead of an invalid
 * key.
 */
function refusingConsumer(id: string, username: string, chain: PolicyChain): Served {
  const spec = { username, groups: [], quotas: [], policies: [], tags: [] };
  return {
    kind: 'consumer',
    id,
    name: username,
    spec,
    chain,
    view: undefined,
  };
}

/**
 * A route that this node cannot fully read must still refuse the requests it matches: see
 * `readMatch`.
 */
function refusingRoute(
  id: string,
  name: string,
  spec: unknown,
  chain: PolicyChain,
): Served | undefined {
  const match = readMatch(name, spec);
  if (match === undefined) return undefined;
  return servedRoute(id, name, match, chain);
}

/** The conditions are properties of the object itself, because the router takes it as its route. */
function servedRoute(
  id: string,
  name: string,
  spec: ServedRoute['spec'],
  chain: PolicyChain,
): ServedRoute {
  const { hosts, paths, methods, headers, query, priority } = spec;
  return {
    kind: 'route',
    id,
    name,
    spec,
    hosts,
    paths,
    methods,
    headers,
    query,
    priority,
    chain,
    plans: undefined,
  };
}

const nothing: readonly never[] = Object.freeze([]);

/** Replaces empty lists by one shared list, to save memory with millions of consumers and keys. */
function shareEmptyLists(spec: Spec): Spec {
  const properties = spec as Record<string, unknown>;
  for (const property of Object.keys(properties)) {
    const value = properties[property];
    if (Array.isArray(value) && value.length === 0) properties[property] = nothing;
  }
  return spec;
}

type ChainOf = (
  holder: 'gateway' | 'service' | 'route' | 'group' | 'consumer',
  policies: readonly PolicyAttachment[],
) => PolicyChain;

function serve(
  kind: Kind,
  id: string,
  name: string,
  anySpec: Spec,
  chainOf: ChainOf,
  context: CompileContext,
): Served {
  switch (kind) {
    case 'gateway': {
      const spec = anySpec as Spec<'gateway'>;
      const chain = chainOf(kind, [
        ...defaultPolicies.filter((policy) => context.policies.has(policy.name)),
        ...spec.policies,
      ]);
      const { maxBodyBytes, halfClosedClients } = spec.limits;
      const trustedProxies = new TrustedProxies(spec.trustedProxies);
      const pipeline = Pipeline.ofGateway(chain);
      return {
        kind,
        id,
        name,
        spec,
        chain,
        pipeline,
        trustedProxies,
        maxBodyBytes: bodyLimit(maxBodyBytes),
        servesHalfClosed: halfClosedClients === 'serve',
      };
    }
    case 'service': {
      const spec = anySpec as Spec<'service'>;
      const chain = chainOf(kind, spec.policies);
      const upstream = context.upstreams.acquire(id, spec);
      const durations = context.metrics.upstreamDuration.series(name);
      return { kind, id, name, spec, chain, upstream, durations };
    }
    case 'route': {
      const spec = anySpec as Spec<'route'>;
      return servedRoute(id, name, spec, chainOf(kind, spec.policies));
    }
    case 'group': {
      const spec = anySpec as Spec<'group'>;
      return { kind, id, name, spec, chain: chainOf(kind, spec.policies) };
    }
    case 'consumer': {
      const spec = anySpec as Spec<'consumer'>;
      return { kind, id, name, spec, chain: chainOf(kind, spec.policies), view: undefined };
    }
    case 'quota':
      return { kind, id, name, spec: anySpec as Spec<'quota'> };
    case 'key': {
      const spec = anySpec as Spec<'key'>;
      return { kind, id, name, spec, owner: undefined, ownerGeneration: 0 };
    }
  }
}
