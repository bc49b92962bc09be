import { constants, type SignKeyObjectInput, type VerifyKeyObjectInput } from 'node:crypto';

/** The signature algorithms of tokens (RFC 7518, section 3.1; RFC 8037; RFC 9864). */
export const algorithms = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

export type Algorithm = (typeof algorithms)[number];

/** The algorithms whose keys have a public part: tokens of identity providers are signed by them. */
export const publicAlgorithms: readonly Algorithm[] = algorithms.filter(
  (name) => !name.startsWith('HS'),
);

/** Options of `node:crypto` beside the key. */
type Options = Omit<VerifyKeyObjectInput & SignKeyObjectInput, 'key'>;

export interface AlgorithmTraits {
  /** The hash, as `node:crypto` names it; null when the algorithm includes it. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  /** Length of the hash in bytes, which is also the shortest secret (RFC 7518, section 3.2). */
  readonly hashLength: number;
  readonly options: Options;
  /** The curve, as `node:crypto` names it, and the exact length of a signature in bytes. */
  readonly curve?: string;
  readonly signatureLength?: number;
  /** Verification takes about a millisecond or more, so that it belongs on another thread. */
  readonly isSlow: boolean;
}

const pkcs1: Options = { padding: constants.RSA_PKCS1_PADDING };
const p1363: Options = { dsaEncoding: 'ieee-p1363' };

function pss(saltLength: number): Options {
  // RFC 7518, section 3.5: the salt is as long as the hash.
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

const none: Options = {};
const sha256 = { hash: 'sha256', hashLength: 32, isSlow: false } as const;
const sha384 = { hash: 'sha384', hashLength: 48, isSlow: false } as const;
const sha512 = { hash: 'sha512', hashLength: 64, isSlow: false } as const;

const traits: Readonly<Record<Algorithm, AlgorithmTraits>> = {
  HS256: { ...sha256, options: none },
  HS384: { ...sha384, options: none },
  HS512: { ...sha512, options: none },
  RS256: { ...sha256, options: pkcs1 },
  RS384: { ...sha384, options: pkcs1 },
  RS512: { ...sha512, options: pkcs1 },
  PS256: { ...sha256, options: pss(32) },
  PS384: { ...sha384, options: pss(48) },
  PS512: { ...sha512, options: pss(64) },
  ES256: { ...sha256, options: p1363, curve: 'prime256v1', signatureLength: 64 },
  ES384: { ...sha384, options: p1363, curve: 'secp384r1', signatureLength: 96, isSlow: true },
  ES512: { ...sha512, options: p1363, curve: 'secp521r1', signatureLength: 132, isSlow: true },
  EdDSA: { hash: null, hashLength: 64, isSlow: false, options: none },
};

/** What an algorithm is computed with. */
export function traitsOf(algorithm: Algorithm): AlgorithmTraits {
  return traits[algorithm];
}

/**
 * The algorithm that a token names; undefined when there is none of this name. Names are compared
 * exactly. `Ed25519` and `Ed448` (RFC 9864) are the algorithm EdDSA with a key of that curve.
 */
export function algorithmNamed(name: string): Algorithm | undefined {
  if (name === 'Ed25519' || name === 'Ed448') return 'EdDSA';
  return (algorithms as readonly string[]).includes(name) ? (name as Algorithm) : undefined;
}
