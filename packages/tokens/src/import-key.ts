import { createPublicKey, createSecretKey, type KeyObject, type webcrypto } from 'node:crypto';
import { algorithmNamed, algorithms, traitsOf, type Algorithm } from './algorithms.ts';
import { decodeBase64Url } from './base64url.ts';
import { isObject, type JsonObject } from './strict-json.ts';
import { VerificationKey } from './verification-key.ts';

/** Names for a key, which its own form may not have. */
export interface KeyNames {
  readonly kid?: string | undefined;
  /** Restricts the key to one algorithm. */
  readonly algorithm?: Algorithm | undefined;
}

const minModulusLength = 2_048;
/** Verification with longer keys costs milliseconds. */
const maxModulusLength = 8_192;
const maxExponent = 2n ** 32n;
const rsaAlgorithms = algorithms.filter((name) => /^[RP]S/.test(name));
const publicMembers = ['kty', 'crv', 'n', 'e', 'x', 'y'];
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Imports a public key as a JWK (RFC 7517). Secrets (`oct`) are refused: a published key
 * set contains none.
 * @throws TypeError that says why the key is not usable; the message contains no key material
 */
export function importJwk(jwk: unknown): VerificationKey {
  if (!isObject(jwk)) throw new TypeError('is not an object');
  const { kty, use, key_ops: operations, alg, kid } = jwk;
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP')
    throw new TypeError('has a "kty" other than RSA, EC and OKP');
  if (use !== undefined && use !== 'sig') throw new TypeError('has a "use" other than "sig"');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    throw new TypeError('has "key_ops" without "verify"');
  if (kid !== undefined && typeof kid !== 'string')
    throw new TypeError('has a "kid" that is no text');
  if (privateMembers.some((name) => Object.hasOwn(jwk, name)))
    throw new TypeError('contains a private key, which is not secret any more');
  const algorithm = alg === undefined ? undefined : algorithmOf(alg);
  return publicKey(keyObjectOf(jwk), { kid, algorithm });
}

/**
 * Imports a public key as PEM (SPKI, PKCS #1, or a certificate).
 * @throws TypeError that says why the key is not usable
 */
export function importPem(pem: string, names: KeyNames = {}): VerificationKey {
  if (pem.includes('PRIVATE KEY')) throw new TypeError('is a private key: use the public one');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new TypeError('is not a public key in PEM');
  }
  return publicKey(key, names);
}

/**
 * Imports a secret for HMAC.
 * @param secret its bytes, at least as many as the hash has (RFC 7518, section 3.2)
 * @throws TypeError when it is too short, or is visibly a public key
 */
export function importSecret(
  secret: Uint8Array,
  { kid, algorithm }: KeyNames = {},
): VerificationKey {
  if (/-----BEGIN |ssh-rsa |"kty"/.test(Buffer.from(secret).toString('latin1')))
    throw new TypeError('is a key or a certificate, and no secret for HMAC');
  const wanted = algorithm === undefined ? hmacAlgorithms : [algorithm];
  const usable = wanted.filter(
    (name) => hmacAlgorithms.includes(name) && secret.length >= traitsOf(name).hashLength,
  );
  if (algorithm !== undefined && !hmacAlgorithms.includes(algorithm))
    throw new TypeError(`cannot be used with ${algorithm}, which needs a public key`);
  if (usable.length === 0) {
    const needed = traitsOf(wanted[0] as Algorithm).hashLength;
    throw new TypeError(`has ${secret.length} bytes: ${wanted[0]} needs at least ${needed}`);
  }
  return new VerificationKey(createSecretKey(secret), usable, kid);
}

const hmacAlgorithms: readonly Algorithm[] = ['HS256', 'HS384', 'HS512'];

function algorithmOf(alg: unknown): Algorithm {
  const algorithm = typeof alg === 'string' ? algorithmNamed(alg) : undefined;
  if (algorithm === undefined) throw new TypeError('has an "alg" that signs no tokens');
  return algorithm;
}

function keyObjectOf(jwk: JsonObject): KeyObject {
  const members: Record<string, unknown> = {};
  for (const name of publicMembers) {
    const value = Object.hasOwn(jwk, name) ? jwk[name] : undefined;
    if (value === undefined) continue;
    const isBytes = name !== 'kty' && name !== 'crv';
    if (typeof value !== 'string' || (isBytes && decodeBase64Url(value) === undefined))
      throw new TypeError(`has a "${name}" that is not valid`);
    members[name] = value;
  }
  try {
    // OpenSSL refuses points that are not on the curve.
    return createPublicKey({ key: members as webcrypto.JsonWebKey, format: 'jwk' });
  } catch {
    throw new TypeError('is not a valid key of its type');
  }
}

function publicKey(key: KeyObject, { kid, algorithm }: KeyNames): VerificationKey {
  const possible = algorithmsOf(key);
  const usable = algorithm === undefined ? possible : possible.filter((name) => name === algorithm);
  if (usable.length === 0)
    throw new TypeError(
      algorithm === undefined
        ? 'is of a type that signs no tokens'
        : `is of a type that does not fit ${algorithm}`,
    );
  return new VerificationKey(key, usable, kid);
}

/** The algorithms that a public key fits. */
function algorithmsOf(key: KeyObject): readonly Algorithm[] {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength < minModulusLength || modulusLength > maxModulusLength)
        throw new TypeError(
          `has ${modulusLength} bits: RSA keys of ${minModulusLength} to ${maxModulusLength} are accepted`,
        );
      if (publicExponent < 3n || publicExponent > maxExponent || publicExponent % 2n === 0n)
        throw new TypeError('has a public exponent that is not safe');
      return rsaAlgorithms;
    case 'ec':
      return algorithms.filter(
        (name) => namedCurve !== undefined && traitsOf(name).curve === namedCurve,
      );
    case 'ed25519':
    case 'ed448':
      return ['EdDSA'];
    default:
      return [];
  }
}
