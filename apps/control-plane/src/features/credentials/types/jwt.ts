import { randomUUID } from 'node:crypto';
import { errorMessage, type FieldError } from '@sluice/errors';
import { algorithms, importPem, importSecret, type Algorithm } from '@sluice/tokens';
import { createSecret } from '../../../platform/auth/secret.ts';
import type { Content, CredentialHandler } from './credential-handler.ts';

const defaultAlgorithm = 'HS256';

/**
 * A key with which a consumer signs tokens. A secret is stored encrypted, and the response to its
 * creation shows it. To replace a key, create another credential and revoke this one later.
 */
export const jwtHandler: CredentialHandler = {
  type: 'jwt',
  changeable: [],
  secretInput: ['secret'],
  faults: (content) => keyFaults(content),
  create({ key, algorithm = defaultAlgorithm, secret: brought, ...rest }) {
    const own = { ...rest, key: key ?? randomUUID(), algorithm };
    if (!isHmac(algorithm)) return Promise.resolve({ stored: own });
    const secret = typeof brought === 'string' ? brought : createSecret('slh');
    return Promise.resolve({ stored: { ...own, secret }, secrets: { secret } });
  },
};

function isHmac(algorithm: unknown): boolean {
  return String(algorithm).startsWith('HS');
}

/** Imports the key as a node does, so that one that cannot be used is refused at once. */
function keyFaults(content: Content): FieldError[] {
  const { algorithm = defaultAlgorithm, publicKey, secret } = content;
  // The schema says what is wrong with another one.
  if (!(algorithms as readonly unknown[]).includes(algorithm)) return [];
  const names = { algorithm: algorithm as Algorithm };
  if (isHmac(algorithm)) {
    if (publicKey !== undefined)
      return [{ pointer: '/publicKey', detail: `cannot be used with ${String(algorithm)}` }];
    if (secret === undefined && algorithm === 'HS512')
      return [{ pointer: '/secret', detail: 'is required with HS512, at least 64 bytes' }];
    return secret === undefined
      ? []
      : faultsOf('/secret', () => importSecret(Buffer.from(String(secret)), names));
  }
  if (secret !== undefined)
    return [{ pointer: '/secret', detail: `cannot be used with ${String(algorithm)}` }];
  return publicKey === undefined
    ? [{ pointer: '/publicKey', detail: `is required with ${String(algorithm)}` }]
    : faultsOf('/publicKey', () => importPem(String(publicKey), names));
}

function faultsOf(pointer: string, importIt: () => unknown): FieldError[] {
  try {
    importIt();
    return [];
  } catch (fault) {
    return [{ pointer, detail: errorMessage(fault) }];
  }
}
