import type { ServedKind } from './served-kind.ts';
import type { ServedKey } from '../served.ts';

export const key: ServedKind<'key', ServedKey> = {
  invalidates: 'nothing',
  compile({ kind, id, name, spec }) {
    return { kind, id, name, spec, owner: undefined, ownerGeneration: 0 };
  },
  installed(served, { keysByHash }) {
    keysByHash.set(served.spec.hash, served);
  },
  removed(served, { keysByHash }) {
    // One revision may move a hash to another key: the hash may already belong to that key.
    if (keysByHash.get(served.spec.hash) === served) keysByHash.delete(served.spec.hash);
  },
};
