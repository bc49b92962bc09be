import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyUse } from './signing-key-due.ts';

/** A new key as it is stored. */
export interface GeneratedKey {
  readonly key: string;
  readonly publicKey?: string;
}

/** Generates a key for this use. It takes less than a millisecond. */
export function generateKey(use: KeyUse): GeneratedKey {
  if (use === 'session') return { key: randomBytes(32).toString('base64url') };
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { key: privateKey, publicKey };
}
