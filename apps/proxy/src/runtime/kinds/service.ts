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
  release({ upstream, durations }, context) {
    context.upstreams.release(upstream);
    durations.release();
  },
};
