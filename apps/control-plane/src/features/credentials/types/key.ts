import { createSecret, hasValidChecksum } from '../../../platform/auth/secret.ts';
import type { CredentialHandler } from './credential-handler.ts';
import { digestOf } from './key-secret.ts';

/** An API key: the response to its creation shows it, and only its hash is stored. */
export const keyHandler: CredentialHandler = {
  type: 'key',
  changeable: [],
  secretInput: [],
  faults({ key }) {
    // A key with our prefix and a wrong checksum was truncated or mistyped when it was copied.
    if (typeof key !== 'string' || !key.startsWith('slk_') || hasValidChecksum(key)) return [];
    const detail = 'has the format of a generated key, but its checksum is wrong: copy it again';
    return [{ pointer: '/key', detail }];
  },
  create({ key: brought, ...rest }) {
    const key = typeof brought === 'string' ? brought : createSecret('slk');
    return Promise.resolve({ stored: { ...rest, ...digestOf(key) }, secrets: { key } });
  },
};
