import { errorMessage } from '@sluice/errors';
import {
  fieldErrors,
  type PolicyAttachment,
  type PolicyCatalogue,
  type PolicyHolder,
} from '@sluice/config';
import { builtInPolicies } from '@sluice/policies/runtime';
import { deny, type Policy, type PolicyHost } from '@sluice/policy-sdk';
import {
  authCountsOf,
  compilePolicy,
  InvalidPolicyConfig,
  InvalidPolicyHooks,
  type AuthCounts,
  type CompiledPolicy,
  type PolicyChain,
  type RequestStep,
} from '@sluice/policy-sdk/run';
import type { GatewayMetrics } from '@sluice/telemetry';
import type { ConfigFault } from '@sluice/wire';
import { SharedPolicy, type SharedPolicies } from './shared-policies.ts';

/** A fault of an attachment. */
export interface ChainFault {
  /** RFC 6901 JSON Pointer into the holder's spec. */
  readonly pointer: string;
  readonly code:
    'unknown_policy' | 'misplaced_policy' | 'invalid_policy_config' | 'policy_compile_failed';
  readonly reason: string;
}

/** The policies that this node can run, and the host of each attachment. */
export interface PolicyRegistry {
  readonly policies: ReadonlyMap<string, Policy>;
  /** Their schemas. */
  readonly catalogue: PolicyCatalogue;
  hostFor(policyId: string): PolicyHost;
  /** Compiled policies by attachment. */
  readonly shared: SharedPolicies;
  /** Closes what the host has handed out, when the policy is closed or `compile` threw. */
  closeHost(host: PolicyHost): Promise<void>;
  /** Timeout of a hook, milliseconds; `guardHooks` has the default. */
  readonly policyTimeoutMs?: number | undefined;
  /** Where decisions of policies that authenticate or authorise are counted. */
  readonly metrics?: Pick<GatewayMetrics, 'auth'> | undefined;
}

const builtIn: ReadonlySet<Policy> = new Set(builtInPolicies);

/** Shared by all holders without policies: there may be millions of them. */
const emptyChain: PolicyChain = Object.freeze([]);

/**
 * Compiles the policies attached to a holder. Returns the chain, or every fault found: an unknown
 * policy is a fault, so that a check is never skipped.
 */
export function compileChain(
  holder: PolicyHolder,
  registry: PolicyRegistry,
): PolicyChain | readonly ChainFault[] {
  if (holder.policies.length === 0) return emptyChain;
  const faults: ChainFault[] = [];
  const chain = holder.policies.flatMap((attachment, index) => {
    const compiled = compileAttachment(attachment, holder, registry);
    if ('hooks' in compiled) return [compiled];
    faults.push(
      ...compiled.map((fault) => ({ ...fault, pointer: `/policies/${index}${fault.pointer}` })),
    );
    return [];
  });
  if (faults.length === 0) return chain;
  registry.shared.release(chain);
  return faults;
}

/** True when compiling ended in faults. */
export function isFaulty(
  result: PolicyChain | readonly ChainFault[],
): result is readonly ChainFault[] {
  const [first] = result;
  return first !== undefined && 'pointer' in first;
}

/**
 * The chain of a holder that cannot be compiled: it refuses every request, so that a broken
 * resource fails closed. A consumer is known only after authentication, so its refusal runs in a
 * later phase.
 * @param reason what cannot be used and why, for the access log
 */
export function refusingChain(kind: PolicyHolder['kind'], reason: string): PolicyChain {
  const refusal = deny(
    'resource_quarantined',
    'The operator of this gateway has to correct its configuration.',
  );
  const step: RequestStep = {
    policy: 'quarantine',
    run: (exchange) => {
      exchange.reason = reason;
      return refusal;
    },
  };
  const hooks = kind === 'group' || kind === 'consumer' ? { authorize: step } : { receive: step };
  return [{ name: `quarantined-${kind}`, hooks, isCustom: false, answersPreflight: false }];
}

/** Describes the first of the faults of a resource, for {@link refusingChain}. */
export function quarantineReason(
  kind: string,
  name: string,
  faults: readonly Pick<ConfigFault, 'pointer' | 'reason'>[],
): string {
  const [first] = faults;
  const more = faults.length > 1 ? ` and ${faults.length - 1} more faults` : '';
  const fault = first === undefined ? '' : `: ${first.pointer} ${first.reason}${more}`;
  return `the ${kind} "${name}" cannot be used${fault}; GET /v1/nodes of the Admin API lists the faults`;
}

function compileAttachment(
  attachment: PolicyAttachment,
  holder: PolicyHolder,
  registry: PolicyRegistry,
): CompiledPolicy | ChainFault[] {
  const policy = registry.policies.get(attachment.name);
  if (policy === undefined) {
    return [
      {
        pointer: '/name',
        code: 'unknown_policy',
        reason: `this node does not know the policy "${attachment.name}"`,
      },
    ];
  }
  // A policy whose hooks would run too late, or never, would be a skipped check.
  if (!policy.schema.attach.includes(holder.kind)) {
    return [
      {
        pointer: '/name',
        code: 'misplaced_policy',
        reason: `the policy "${attachment.name}" can be attached to ${policy.schema.attach.join(', ')}, not to a ${holder.kind}`,
      },
    ];
  }
  const policyId = `${holder.kind}:${holder.id}/${attachment.name}`;
  try {
    return registry.shared.acquire(policyId, attachment, () =>
      compileShared(policy, attachment, holder.kind, registry, policyId),
    );
  } catch (fault) {
    return compileFaults(fault);
  }
}

/** Compiles the policy with a host of its own, which is closed when that fails. */
function compileShared(
  policy: Policy,
  attachment: PolicyAttachment,
  at: PolicyHolder['kind'],
  registry: PolicyRegistry,
  policyId: string,
): SharedPolicy {
  const { mode, onError, config } = attachment;
  const use = {
    config,
    mode,
    onError,
    at,
    isCustom: !builtIn.has(policy),
    timeoutMs: registry.policyTimeoutMs,
    authCounts: (name: string) => authCounts(name, registry),
  };
  const host = registry.hostFor(policyId);
  try {
    return new SharedPolicy(compilePolicy(policy, use, host), host, attachment);
  } catch (fault) {
    void registry.closeHost(host);
    throw fault;
  }
}

/** The series of `sluice_auth_total` of a policy, which exist from its first use on. */
function authCounts(policy: string, { metrics }: PolicyRegistry): AuthCounts {
  return authCountsOf(
    (outcome, reason) => metrics?.auth.series(policy, outcome, reason) ?? uncounted,
  );
}

const uncounted = { add: (): void => undefined };

function compileFaults(fault: unknown): ChainFault[] {
  if (fault instanceof InvalidPolicyConfig) {
    return fieldErrors(fault.error, '/config').map(({ pointer, detail }) => ({
      pointer,
      code: 'invalid_policy_config',
      reason: detail,
    }));
  }
  const pointer = fault instanceof InvalidPolicyHooks ? '/name' : '/config';
  return [{ pointer, code: 'policy_compile_failed', reason: errorMessage(fault) }];
}
