import { answerFaults } from '@sluice/config';
import type { PolicyChain } from '@sluice/policy-sdk/run';
import { refusingChain } from '../policy-chain.ts';
import { readMatch } from '../read-match.ts';
import type { ServedKind } from './served-kind.ts';
import type { ServedRoute } from '../served.ts';

export const route: ServedKind<'route', ServedRoute> = {
  invalidates: 'nothing',
  compile({ id, name, spec }, { chainOf }) {
    return servedRoute(id, name, spec, chainOf('route', spec.policies));
  },
  specFaults: (spec, { catalogue }) => answerFaults(spec, catalogue),
  /**
   * A route that this node cannot fully read must still refuse the requests it matches: see
   * `readMatch`.
   */
  refuse({ id, name, spec, reason }) {
    const match = readMatch(name, spec);
    if (match === undefined) return undefined;
    return servedRoute(id, name, match, refusingChain('route', reason));
  },
  installed(served, { router }) {
    router.add(served);
  },
  removed({ id }, { router }) {
    router.remove(id);
  },
  retired({ name }, successor, { routeMetrics }) {
    if (name !== successor?.name) routeMetrics.forget(name);
  },
  replaced(inService, { routeMetrics }) {
    const names = new Set<string>();
    for (const { name } of inService) names.add(name);
    routeMetrics.keepOnly(names);
  },
};

/** The conditions are properties of the object itself, because the router takes it as its route. */
function servedRoute(
  id: string,
  name: string,
  spec: ServedRoute['spec'],
  chain: PolicyChain,
): ServedRoute {
  const { hosts, paths, methods, headers, query, priority } = spec;
  return {
    kind: 'route',
    id,
    name,
    spec,
    hosts,
    paths,
    methods,
    headers,
    query,
    priority,
    chain,
    plans: undefined,
  };
}
