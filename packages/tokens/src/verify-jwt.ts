import { traitsOf, type Algorithm } from './algorithms.ts';
import type { KeySet } from './key-set.ts';
import type { ParsedJwt } from './parse-jwt.ts';
import { TokenFault } from './token-fault.ts';
import type { VerificationKey } from './verification-key.ts';

/** Bounds what a token without `kid` costs: most keys that are tried. */
const maxTries = 16;
const maxSlowTries = 2;

/**
 * Verifies the signature of a token.
 * @param allowed the algorithms of the configuration; the token only chooses among them, and only
 *   those that its key has
 * @returns undefined when a key of the set has signed the token
 */
export function verifyJwt(
  token: ParsedJwt,
  keys: KeySet,
  allowed: readonly Algorithm[],
): TokenFault | undefined {
  const found = findSigner(token, keys, allowed);
  return found instanceof TokenFault ? found : undefined;
}

/** Like {@link verifyJwt}; returns the key that has signed the token. */
export function findSigner(
  token: ParsedJwt,
  keys: KeySet,
  allowed: readonly Algorithm[],
): VerificationKey | TokenFault {
  const candidates = candidatesOf(token, keys, allowed);
  if (candidates instanceof TokenFault) return candidates;
  return candidates.find((key) => key.verifies(token)) ?? badSignature;
}

/** Like {@link findSigner}, on the thread pool: for algorithms that are slow. */
export async function findSignerLater(
  token: ParsedJwt,
  keys: KeySet,
  allowed: readonly Algorithm[],
): Promise<VerificationKey | TokenFault> {
  const candidates = candidatesOf(token, keys, allowed);
  if (candidates instanceof TokenFault) return candidates;
  for (const key of candidates) if (await key.verifiesLater(token)) return key;
  return badSignature;
}

/** Whether to verify a token of this algorithm on the thread pool. */
export function isSlowAlgorithm(algorithm: Algorithm): boolean {
  return traitsOf(algorithm).isSlow;
}

const badSignature = new TokenFault('bad_signature', 'The signature of the token is not valid.');
const unknownKey = new TokenFault(
  'unknown_key',
  'The token is signed with a key that is not known here.',
);
const badAlgorithm = new TokenFault(
  'bad_algorithm',
  'The token is signed with an algorithm that is not allowed.',
);

function candidatesOf(
  token: ParsedJwt,
  keys: KeySet,
  allowed: readonly Algorithm[],
): readonly VerificationKey[] | TokenFault {
  if (!allowed.includes(token.algorithm)) return badAlgorithm;
  const named = keys.candidatesFor(token);
  if (named.length === 0) return unknownKey;
  const fitting = named.filter((key) => key.isFor(token));
  if (fitting.length === 0) return token.kid === undefined ? unknownKey : badAlgorithm;
  return fitting.slice(0, isSlowAlgorithm(token.algorithm) ? maxSlowTries : maxTries);
}
