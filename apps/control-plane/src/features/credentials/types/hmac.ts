import { fieldErrors, hmacCredential } from '@sluice/config';
import { createSecret } from '../../../platform/auth/secret.ts';
import { contentFault } from '../../../platform/http/content-fault.ts';
import type { CredentialHandler } from './credential-handler.ts';

const secretShape = hmacCredential.input.pick({ secret: true });

/**
 * A secret for signed requests. It is stored encrypted, the response to its creation shows it, and
 * PATCH may change it.
 */
export const hmacHandler: CredentialHandler = {
  type: 'hmac',
  changeable: ['secret'],
  secretInput: ['secret'],
  create({ secret: brought, ...rest }) {
    const secret = typeof brought === 'string' ? brought : createSecret('slh');
    return Promise.resolve({ stored: { ...rest, secret }, secrets: { secret } });
  },
  change(patch) {
    const { secret } = patch;
    if (secret === undefined) return Promise.resolve(patch);
    const parsed = secretShape.safeParse({ secret });
    if (!parsed.success) throw contentFault(fieldErrors(parsed.error));
    return Promise.resolve(patch);
  },
};
