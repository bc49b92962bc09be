import type { CredentialTypeName } from '@sluice/config';
import { basicHandler } from './basic.ts';
import type { CredentialHandler } from './credential-handler.ts';
import { hmacHandler } from './hmac.ts';
import { jwtHandler } from './jwt.ts';
import { keyHandler } from './key.ts';
import { mtlsHandler } from './mtls.ts';

/** The handler of each type of credential. */
export const credentialHandlers: Readonly<Record<CredentialTypeName, CredentialHandler>> = {
  key: keyHandler,
  basic: basicHandler,
  hmac: hmacHandler,
  jwt: jwtHandler,
  mtls: mtlsHandler,
};
