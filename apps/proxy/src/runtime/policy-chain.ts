import { errorMessage } from '@sluice/errors';
import {
  fieldErrors,
  type PolicyAttachment,
  type PolicyCatalogue,
  type PolicyHolder,
} from '@sluice/config';
import { builtInPolicies } from '@sluice/policies/runtime';
import { deny, hooksFault, type Policy, type PolicyHost } from '@sluice/policy-sdk';
import type { ConfigFault } from '@sluice/wire';
import type { RequestStep } from '../exchange/steps.ts';
import { guardHooks, type GuardedHooks } from './guard.ts';

/** The policies of one holder (a gateway, a service, a route, a group or a consumer), compiled. */
export type PolicyChain = readonly CompiledPolicy[];

export interface CompiledPolicy {
  readonly name: string;
  readonly hooks: GuardedHooks;
  /** It is not built in: it may keep references to the exchange. */
  readonly isCustom: boolean;
  /** It answers CORS preflight requests. */
  readonly answersPreflight: boolean;
}

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
  /** Timeout of a hook, milliseconds; `guardHooks` has the default. */
  readonly policyTimeoutMs?: number | undefined;
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
    const compiled = compilePolicy(attachment, holder, registry);
    if ('hooks' in compiled) return [compiled];
    faults.push(
      ...compiled.map((fault) => ({ ...fault, pointer: `/policies/${index}${fault.pointer}` })),
    );
    return [];
  });
  return faults.length > 0 ? faults : chain;
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

function compilePolicy(
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
  const config = policy.schema.config.safeParse(attachment.config);
  if (!config.success) {
    return fieldErrors(config.error, '/config').map(({ pointer, detail }) => ({
      pointer,
      code: 'invalid_policy_config',
      reason: detail,
    }));
  }
  try {
    const hooks = policy.compile(
      config.data,
      registry.hostFor(`${holder.kind}:${holder.id}/${attachment.name}`),
    );
    const fault = hooksFault(policy.schema, hooks, holder.kind);
    if (fault !== undefined)
      return [{ pointer: '/name', code: 'policy_compile_failed', reason: fault }];
    const onError = attachment.onError ?? policy.schema.onError;
    return {
      name: attachment.name,
      hooks: guardHooks(attachment.name, hooks, attachment.mode, onError, registry.policyTimeoutMs),
      isCustom: !builtIn.has(policy),
      answersPreflight: policy.schema.answersPreflight && attachment.mode === 'enforce',
    };
  } catch (fault) {
    return [
      {
        pointer: '/config',
        code: 'policy_compile_failed',
        reason: errorMessage(fault),
      },
    ];
  }
}
