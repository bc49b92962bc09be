import type { FieldError } from '@sluice/errors';
import { createSecret, hasValidChecksum } from '../../../platform/auth/secret.ts';
import type { Content, CredentialHandler } from './credential-handler.ts';
import { digestOf, leastKeyLength } from './key-secret.ts';

/** An API key: the response to its creation shows it, and only its hash is stored. */
export const keyHandler: CredentialHandler = {
  type: 'key',
  changeable: [],
  secretInput: [],
  faults: (content) => [...keyFaults(content), ...importFaults(content)],
  create({ key: brought, hash, prefix, short, ...rest }) {
    if (typeof hash === 'string') {
      const imported = {
        hash: hash.toLowerCase(),
        prefix: prefix ?? '',
        ...marked(short === true),
      };
      return Promise.resolve({ stored: { ...rest, ...imported } });
    }
    const key = typeof brought === 'string' ? brought : createSecret('slk');
    const stored = { ...rest, ...digestOf(key), ...marked(key.length < leastKeyLength) };
    return Promise.resolve({ stored, secrets: { key } });
  },
};

function marked(isShort: boolean): { readonly short?: true } {
  return isShort ? { short: true } : {};
}

function keyFaults({ key, short }: Content): FieldError[] {
  if (typeof key !== 'string') return [];
  if (key.length < leastKeyLength && short !== true) {
    const detail = `has ${key.length} characters, and keys have at least ${leastKeyLength}; "short": true accepts an existing one`;
    return [{ pointer: '/key', detail }];
  }
  // A key with our prefix and a wrong checksum was truncated or mistyped when it was copied.
  if (!key.startsWith('slk_') || hasValidChecksum(key)) return [];
  const detail = 'has the format of a generated key, but its checksum is wrong: copy it again';
  return [{ pointer: '/key', detail }];
}

function importFaults({ key, hash, prefix, short }: Content): FieldError[] {
  if (hash !== undefined)
    return key === undefined ? [] : [{ pointer: '/hash', detail: 'cannot be combined with `key`' }];
  const faults: FieldError[] = [];
  if (prefix !== undefined)
    faults.push({ pointer: '/prefix', detail: 'needs `hash`; otherwise it is taken from the key' });
  if (short !== undefined && key === undefined)
    faults.push({ pointer: '/short', detail: 'needs `key` or `hash`' });
  return faults;
}
