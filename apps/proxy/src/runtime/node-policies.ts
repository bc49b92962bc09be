import { createPolicyCatalogue } from '@sluice/config';
import { builtInPolicies } from '@sluice/policies/runtime';
import type { Clock, CredentialStore, Policy, PolicyHost, PolicyLogger } from '@sluice/policy-sdk';
import { loadPolicies } from '@sluice/policy-sdk/load';
import type { LimitStore } from '@sluice/ratelimit';
import type { PolicyRegistry } from './policy-chain.ts';

/** The services that policies can use. */
export interface HostServices {
  readonly limits: LimitStore;
  readonly credentials: CredentialStore;
  readonly clock: Clock;
  loggerFor(policyId: string): PolicyLogger;
}

/**
 * Loads the policies of this node: the built-in ones and those in the operator's folder. Rejects
 * with an Error that describes the fault in the folder.
 */
export async function nodePolicies(
  folder: string | undefined,
): Promise<ReadonlyMap<string, Policy>> {
  const policies = new Map<string, Policy>(
    builtInPolicies.map((policy) => [policy.schema.name, policy]),
  );
  for (const policy of folder === undefined ? [] : await loadPolicies(folder)) {
    const { name } = policy.schema;
    if (policies.has(name))
      throw new Error(
        `the policy "${name}" in ${folder ?? ''} has the name of one that comes with Sluice: rename it`,
      );
    policies.set(name, policy);
  }
  return policies;
}

/** Creates the registry, which gives each attachment its host. */
export function policyRegistry(
  policies: ReadonlyMap<string, Policy>,
  services: HostServices,
): PolicyRegistry {
  const stores = { limits: services.limits, credentials: services.credentials };
  return {
    policies,
    catalogue: createPolicyCatalogue([...policies.values()].map(({ schema }) => schema)),
    hostFor: (policyId): PolicyHost => ({
      policyId,
      clock: services.clock,
      logger: services.loggerFor(policyId),
      stores,
    }),
  };
}
