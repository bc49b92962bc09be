import { createPolicyCatalogue } from '@sluice/config';
import { builtInPolicies } from '@sluice/policies/runtime';
import type { Policy } from '@sluice/policy-sdk';
import type { PolicyHosts } from '@sluice/policy-sdk/host';
import { loadPolicies } from '@sluice/policy-sdk/load';
import { ExchangeEpochs } from '../exchange/exchange-epochs.ts';
import type { PolicyRegistry } from './policy-chain.ts';
import { SharedPolicies } from './shared-policies.ts';

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

/**
 * Creates the registry, which gives each attachment its host.
 * @param epochs of the exchanges that may use the policies
 */
export function policyRegistry(
  policies: ReadonlyMap<string, Policy>,
  hosts: PolicyHosts,
  epochs = new ExchangeEpochs(),
): PolicyRegistry {
  return {
    shared: new SharedPolicies(epochs, (host) => hosts.closeHost(host)),
    policies,
    catalogue: createPolicyCatalogue([...policies.values()].map(({ schema }) => schema)),
    hostFor: (policyId) => hosts.hostFor(policyId),
    closeHost: (host) => hosts.closeHost(host),
  };
}
