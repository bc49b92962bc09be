import { lookupOf } from '@sluice/config';
import type { ServedCredential } from '../served.ts';
import type { ServedKind } from './served-kind.ts';

/** Credentials are found by their type and lookup value; see `CredentialIndex`. */
export const credential: ServedKind<'credential', ServedCredential> = {
  invalidates: 'nothing',
  compile({ kind, id, name, spec }) {
    return { kind, id, name, spec, found: undefined, foundGeneration: 0 };
  },
  installed(served, { credentials }) {
    credentials.set(served.spec.type, lookupOf(served.spec), served);
  },
  removed(served, { credentials }) {
    credentials.delete(served.spec.type, lookupOf(served.spec), served);
  },
};
