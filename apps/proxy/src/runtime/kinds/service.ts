import type { ServedKind } from './served-kind.ts';
import type { ServedService } from '../served.ts';

export const service: ServedKind<'service', ServedService> = {
  invalidates: 'plans',
  compile({ kind, id, name, spec }, { context, chainOf }) {
    const chain = chainOf('service', spec.policies);
    const upstream = context.upstreams.acquire(id, spec);
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
