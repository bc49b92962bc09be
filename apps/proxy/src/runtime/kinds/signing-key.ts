import { readKey } from '../../keys/read-key.ts';
import type { ServedSigningKey } from '../served.ts';
import type { ServedKind } from './served-kind.ts';

/** Policies ask for keys by use when they need one, see `PolicyHost.keys`. */
export const signingKey: ServedKind<'signingKey', ServedSigningKey> = {
  invalidates: 'nothing',
  compile({ kind, id, name, spec }) {
    const activeAtMs = spec.activeAt === undefined ? 0 : Date.parse(spec.activeAt);
    return { kind, id, name, spec, key: readKey(id, spec), activeAtMs };
  },
  installed(served, { keys }) {
    keys.of(served.spec.gateway).set(served);
  },
  removed(served, { keys }) {
    keys.of(served.spec.gateway).delete(served.id);
  },
};
