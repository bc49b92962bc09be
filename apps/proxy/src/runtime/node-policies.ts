import { createPolicyCatalogue } from '@sluice/config';
import { builtInPolicies } from '@sluice/policies/runtime';
import type { Clock, CredentialStore, Policy, PolicyHost, PolicyLogger } from '@sluice/policy-sdk';
import { loadPolicies } from '@sluice/policy-sdk/load';
import type { LimitStore } from '@sluice/ratelimit';
import type { PolicyRegistry } from './policy-chain.ts';

/** What policies are given to work with. */
export interface HostServices {
  readonly limits: LimitStore;
  readonly credentials: CredentialStore;
  readonly clock: Clock;
  loggerFor(policyId: string): PolicyLogger;
}

/**
 * The policies this node knows: those that come with Sluice, and those in a folder of the operator's. Rejects with an
 * Error that says what is wrong with the folder.
 */
export async function nodePolicies(folder: string | undefined): Promise<ReadonlyMap<string, Policy>> {
  const policies = new Map<string, Policy>(builtInPolicies.map((policy) => [policy.schema.name, policy]));
  for (const policy of folder === undefined ? [] : await loadPolicies(folder)) {
    const { name } = policy.schema;
    if (policies.has(name)) throw new Error(`the policy "${name}" in ${folder ?? ''} has the name of one that comes with Sluice: rename it`);
    policies.set(name, policy);
  }
  return policies;
}

/** Gives each attachment its host. */
export function policyRegistry(policies: ReadonlyMap<string, Policy>, means: HostServices): PolicyRegistry {
  const stores = { limits: means.limits, credentials: means.credentials };
  return {
    policies,
    catalogue: createPolicyCatalogue([...policies.values()].map(({ schema }) => schema)),
    hostFor: (policyId): PolicyHost => ({ policyId, clock: means.clock, logger: means.loggerFor(policyId), stores }),
  };
}
