import { tlsMaterial, type TlsMaterial } from '../../upstream/target-options.ts';
import { CompileFault } from '../compile-fault.ts';
import type { CompileTools, NeededResource, ParsedResource, ServedKind } from './served-kind.ts';
import type { ServedService } from '../served.ts';

const nothing: readonly NeededResource[] = [];

export const service: ServedKind<'service', ServedService> = {
  invalidates: 'plans',
  needs({ tls: { certificate, cas } }) {
    if (certificate === undefined && cas === undefined) return nothing;
    const needed: NeededResource[] = (cas ?? []).map((id) => ({ kind: 'ca', id }));
    if (certificate !== undefined) needed.push({ kind: 'certificate', id: certificate });
    return needed;
  },
  compile({ kind, id, name, spec }, { context, chainOf, find }) {
    const chain = chainOf('service', spec.policies);
    const upstream = context.upstreams.acquire(id, spec, materialOf(spec, find));
    const durations = context.metrics.upstreamDuration.series(name);
    return { kind, id, name, spec, chain, upstream, durations };
  },
  installed(served, { servicesByName }) {
    servicesByName.set(served.name, served);
  },
  removed(served, { servicesByName }) {
    // One revision may move a name to another service.
    if (servicesByName.get(served.name) === served) servicesByName.delete(served.name);
  },
  release({ upstream, durations }, context) {
    context.upstreams.release(upstream);
    durations.release();
  },
};

/** The certificate and the CAs that the service refers to. @throws CompileFault for a missing one */
function materialOf(
  { tls }: ParsedResource<'service'>['spec'],
  find: CompileTools['find'],
): TlsMaterial {
  const certificate =
    tls.certificate === undefined ? undefined : find('certificate', tls.certificate);
  if (tls.certificate !== undefined && certificate === undefined)
    throw new CompileFault(
      '/tls/certificate',
      'this node does not have the certificate, or cannot use it: see the faults of the certificate',
    );
  const cas = tls.cas?.map((id, index) => {
    const found = find('ca', id);
    if (found !== undefined) return found.spec.certificates;
    throw new CompileFault(
      `/tls/cas/${index}`,
      'this node does not have the CA, or cannot use it: see the faults of the CA',
    );
  });
  return tlsMaterial(certificate?.pair, cas);
}
