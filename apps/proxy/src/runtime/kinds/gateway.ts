import { bodyLimit, defaultPolicies } from '@sluice/config';
import { ClientTrust } from '../../listener/client-trust.ts';
import { clientVerification, type ClientVerification } from '../../listener/client-verification.ts';
import { Pipeline } from '@sluice/policy-sdk/run';
import { TrustedProxies } from '../trusted-proxies.ts';
import type { CompileTools, ParsedResource, ServedKind } from './served-kind.ts';
import type { ServedGateway } from '../served.ts';

/** Only the gateway of this node is served: others in a snapshot are left out. */
export const gateway: ServedKind<'gateway', ServedGateway> = {
  invalidates: 'plans',
  needs: ({ clientCertificates }) =>
    clientCertificates?.cas.map((id) => ({ kind: 'ca' as const, id })) ?? [],
  compile({ kind, id, name, spec }, tools) {
    const { context, chainOf } = tools;
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
      clientVerification: verificationOf(spec, tools),
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

/** A CA that this node does not have verifies no client: fewer are accepted, never more. */
function verificationOf(
  { clientCertificates }: ParsedResource<'gateway'>['spec'],
  { find, report }: CompileTools,
): ClientVerification {
  const { mode, cas } = clientCertificates ?? { mode: 'off', cas: [] };
  const trusted = cas.flatMap((id, index) => {
    const found = find('ca', id);
    if (found !== undefined) return [found];
    report(
      `/clientCertificates/cas/${index}`,
      'this node does not have the CA, or cannot use it: client certificates of this CA are refused',
    );
    return [];
  });
  return clientVerification(
    mode,
    trusted.map(({ spec }) => spec.certificates),
    new ClientTrust(trusted.map((ca) => ca.trusted)),
  );
}
