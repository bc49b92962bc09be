import type { CredentialHandler } from './credential-handler.ts';

/** The identity of a client certificate. Nothing of it is secret. */
export const mtlsHandler: CredentialHandler = {
  type: 'mtls',
  changeable: [],
  secretInput: [],
  create: (content) => Promise.resolve({ stored: content }),
};
