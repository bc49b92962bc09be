import { bodyLimit, defaultPolicies } from '@sluice/config';
import { Pipeline } from '@sluice/policy-sdk/run';
import { TrustedProxies } from '../trusted-proxies.ts';
import type { ServedKind } from './served-kind.ts';
import type { ServedGateway } from '../served.ts';

/** Only the gateway of this node is served: others in a snapshot are left out. */
export const gateway: ServedKind<'gateway', ServedGateway> = {
  invalidates: 'plans',
  compile({ kind, id, name, spec }, { context, chainOf }) {
    const chain = chainOf('gateway', [
      ...defaultPolicies.filter((policy) => context.policies.has(policy.name)),
      ...spec.policies,
    ]);
    const { maxBodyBytes, halfClosedClients } = spec.limits;
    return {
      kind,
      id,
      name,
      spec,
      chain,
      pipeline: Pipeline.ofGateway(chain),
      trustedProxies: new TrustedProxies(spec.trustedProxies),
      maxBodyBytes: bodyLimit(maxBodyBytes),
      servesHalfClosed: halfClosedClients === 'serve',
    };
  },
  isServed: ({ name }, { gatewayName }) => name === gatewayName,
  installed(served, indexes) {
    indexes.gateway = served;
  },
  removed(served, indexes) {
    if (indexes.gateway === served) indexes.gateway = undefined;
  },
};
