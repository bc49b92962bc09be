import type { ServedCredential } from '../served.ts';
import type { ServedKind } from './served-kind.ts';

/** Credentials are found by their type and lookup value; see `CredentialIndex`. */
export const credential: ServedKind<'credential', ServedCredential> = {
  invalidates: 'nothing',
  compile: ({ kind, id, name, spec }) => ({ kind, id, name, spec }),
  index: ({ credentials }) => credentials,
  replaced(_inService, { credentials }) {
    credentials.settle();
  },
};
