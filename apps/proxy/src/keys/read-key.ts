import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { Spec } from '@sluice/config';
import type { HostKey } from '@sluice/policy-sdk';

/** A key that cannot be used. The message has no part of the key. */
export class UnusableKey extends Error {
  /** RFC 6901 JSON Pointer into the resource. */
  readonly pointer = '/key';

  constructor(detail: string) {
    super(detail);
    this.name = 'UnusableKey';
  }
}

/**
 * Reads a signing key.
 * @param kid the id of the resource
 * @throws UnusableKey
 */
export function readKey(kid: string, { use, key: text }: Spec<'signingKey'>): HostKey {
  if (use === 'session') {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length !== 32 || bytes.toString('base64url') !== text)
      throw new UnusableKey('a key for sessions must be 32 bytes in base64url');
    const key = createSecretKey(bytes);
    return Object.freeze({ kid, use, algorithm: 'A256GCM', key, publicJwk: undefined });
  }
  const key = privateKeyOf(text);
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const publicJwk = Object.freeze({ kty, crv, x, y, kid, use: 'sig', alg: 'ES256' });
  return Object.freeze({ kid, use, algorithm: 'ES256', key, publicJwk });
}

function privateKeyOf(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new UnusableKey('is not a private key in PEM that can be read');
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new UnusableKey('a key for identity must be an elliptic-curve key on P-256');
  return key;
}
