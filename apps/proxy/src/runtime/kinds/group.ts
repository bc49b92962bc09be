import type { ServedKind } from './served-kind.ts';
import type { ServedGroup } from '../served.ts';

export const group: ServedKind<'group', ServedGroup> = {
  invalidates: 'plans',
  compile({ kind, id, name, spec }, { chainOf }) {
    return { kind, id, name, spec, chain: chainOf('group', spec.policies) };
  },
};
