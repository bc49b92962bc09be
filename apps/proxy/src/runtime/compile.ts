import { answerFaults, bodyLimit, defaultPolicies, fieldErrors, nameOf, resourceSchemas, type Kind, type PolicyAttachment, type Resource, type Spec } from '@sluice/config';
import type { ConfigFault } from '../config/source.ts';
import type { GatewayMetrics } from '@sluice/telemetry';
import { MissingClientCertificate } from '../upstream/client-certificates.ts';
import type { UpstreamRegistry } from '../upstream/upstream-registry.ts';
import { Pipeline } from './pipeline.ts';
import { compileChain, isFaulty, refusingChain, type PolicyChain, type PolicyRegistry } from './policy-chain.ts';
import { readMatch } from './read-match.ts';
import type { Served } from './served.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** What compiling needs of the world. */
export interface CompileContext extends PolicyRegistry {
  readonly upstreams: UpstreamRegistry;
  readonly metrics: GatewayMetrics;
}

/** A resource ready for service, and what is wrong with it. A faulty one refuses requests: it fails closed. */
export interface Compiled {
  readonly served: Served | undefined;
  readonly faults: readonly ConfigFault[];
}

/**
 * Turns a resource into what the request path uses. Runs off the request path; nothing is in service yet. Never throws.
 * What this node does not understand, or whose policies cannot be compiled, is served as a refusal; where nothing could
 * stand in for it, `served` is undefined.
 */
export function compileResource(resource: Resource, context: CompileContext): Compiled {
  const { kind, id } = resource;
  const parsed = resourceSchemas[kind].safeParse(resource.spec);
  const name = nameOf(kind, resource.spec);
  const invalid = parsed.success ? (kind === 'route' ? answerFaults(parsed.data, context.catalogue) : []) : fieldErrors(parsed.error);
  if (!parsed.success || invalid.length > 0) {
    const faults = invalid.map(({ pointer, detail }) => ({ kind, id, name, pointer, code: 'invalid_resource', reason: detail }));
    return { served: refusal(kind, id, name, resource.spec), faults };
  }
  const faults: ConfigFault[] = [];
  const chainOf = (holder: 'gateway' | 'service' | 'route' | 'group' | 'consumer', policies: readonly PolicyAttachment[]): PolicyChain => {
    const chain = compileChain({ kind: holder, id, name, policies }, context);
    if (!isFaulty(chain)) return chain;
    faults.push(...chain.map((fault) => ({ kind, id, name, ...fault })));
    return refusingChain(holder);
  };
  try {
    return { served: serve(kind, id, name, frugal(parsed.data), chainOf, context), faults };
  } catch (fault) {
    const reason = fault instanceof Error ? fault.message : String(fault);
    const pointer = fault instanceof MissingClientCertificate ? fault.pointer : '';
    return { served: refusal(kind, id, name, resource.spec), faults: [...faults, { kind, id, name, pointer, code: 'resource_compile_failed', reason }] };
  }
}

/** What stands in for a resource that cannot be understood. Without one, whatever refers to it refuses; see `join.ts`. */
function refusal(kind: Kind, id: string, name: string, spec: unknown): Served | undefined {
  if (kind === 'route') return refusingRoute(id, name, spec);
  return kind === 'consumer' ? refusingConsumer(id, name) : undefined;
}

/** Its keys are still known, so that the caller hears that it is the gateway's fault, and not that the key is none. */
function refusingConsumer(id: string, username: string): Served {
  const spec = { username, groups: [], quotas: [], policies: [], tags: [] };
  return { kind: 'consumer', id, name: username, spec, chain: refusingChain('consumer'), view: undefined };
}

/** A route this node does not wholly understand still has to refuse what it matches: see `readMatch`. */
function refusingRoute(id: string, name: string, spec: unknown): Served | undefined {
  const match = readMatch(name, spec);
  if (match === undefined) return undefined;
  const { hosts, paths, methods, headers, query, priority } = match;
  const chain = refusingChain('route');
  return { kind: 'route', id, name, spec: match, hosts, paths, methods, headers, query, priority, chain, plans: undefined };
}

const nothing: readonly never[] = Object.freeze([]);

/** The spec, its lists with nothing in them replaced by one that all share: millions of consumers and keys have some. */
function frugal(spec: Spec): Spec {
  const properties = spec as Record<string, unknown>;
  for (const property of Object.keys(properties)) {
    const value = properties[property];
    if (Array.isArray(value) && value.length === 0) properties[property] = nothing;
  }
  return spec;
}

type ChainOf = (holder: 'gateway' | 'service' | 'route' | 'group' | 'consumer', policies: readonly PolicyAttachment[]) => PolicyChain;

function serve(kind: Kind, id: string, name: string, anySpec: Spec, chainOf: ChainOf, context: CompileContext): Served {
  switch (kind) {
    case 'gateway': {
      const spec = anySpec as Spec<'gateway'>;
      const chain = chainOf(kind, [...defaultPolicies.filter((policy) => context.policies.has(policy.name)), ...spec.policies]);
      const { maxBodyBytes, halfClosedClients } = spec.limits;
      const trustedProxies = new TrustedProxies(spec.trustedProxies);
      const pipeline = Pipeline.ofGateway(chain);
      return { kind, id, name, spec, chain, pipeline, trustedProxies, maxBodyBytes: bodyLimit(maxBodyBytes), servesHalfClosed: halfClosedClients === 'serve' };
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
      const { hosts, paths, methods, headers, query, priority } = spec;
      return { kind, id, name, spec, hosts, paths, methods, headers, query, priority, chain: chainOf(kind, spec.policies), plans: undefined };
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
