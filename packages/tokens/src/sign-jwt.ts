import { createHmac, sign, type KeyObject } from 'node:crypto';
import { traitsOf, type Algorithm } from './algorithms.ts';
import type { JsonObject } from './strict-json.ts';

export interface SignOptions {
  readonly alg: Algorithm;
  /** Names the key, so that verifiers find it. */
  readonly kid?: string | undefined;
  /** Default `JWT`. */
  readonly typ?: string | undefined;
}

/**
 * Signs a JWT (RFC 7519) in the compact serialisation.
 * @param claims as they are: the caller adds `iat` and `exp`
 * @param key a private key that fits the algorithm, or a secret
 * @throws an Error of `node:crypto` when the key does not fit
 */
export function signJwt(
  claims: JsonObject,
  key: KeyObject,
  { alg, kid, typ = 'JWT' }: SignOptions,
): string {
  const header = kid === undefined ? { alg, typ } : { alg, kid, typ };
  const input = `${encode(header)}.${encode(claims)}`;
  const { hash, options } = traitsOf(alg);
  const data = Buffer.from(input, 'latin1');
  const signature =
    key.type === 'secret'
      ? createHmac(hash as string, key)
          .update(data)
          .digest()
      : sign(hash, data, { key, ...options });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
