import { refusingChain } from '../policy-chain.ts';
import type { ServedKind } from './served-kind.ts';
import type { ServedConsumer } from '../served.ts';

export const consumer: ServedKind<'consumer', ServedConsumer> = {
  invalidates: 'owners',
  compile({ kind, id, name, spec }, { chainOf }) {
    return { kind, id, name, spec, chain: chainOf('consumer', spec.policies) };
  },
  index: ({ consumers }) => consumers,
  replaced(_inService, { consumers }) {
    consumers.settle();
  },
  /**
   * The consumer's keys stay known, so that the caller gets a gateway error instead of an invalid
   * key.
   */
  refuse({ id, name, reason }) {
    const spec = { username: name, groups: [], quotas: [], policies: [], tags: [] };
    const chain = refusingChain('consumer', reason);
    return { kind: 'consumer', id, name, spec, chain };
  },
};
