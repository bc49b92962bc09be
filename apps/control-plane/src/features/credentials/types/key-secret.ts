import { hashSecret, hasValidChecksum } from '../../../platform/auth/secret.ts';

const ownPrefixLength = 12;
const foreignPrefixLength = 4;
/** Keys from here on are long enough without a mark. */
export const leastKeyLength = 16;

/** The stored parts of a key. They identify the key but cannot be used in its place. */
export interface KeyDigest {
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /**
   * The first characters: 12 of a generated key, which begins with `slk_`; 4 of others, and at most
   * a quarter of a short one.
   */
  readonly prefix: string;
}

/** Computes the hash and the prefix of a key. */
export function digestOf(key: string): KeyDigest {
  const length = hasValidChecksum(key)
    ? ownPrefixLength
    : Math.min(foreignPrefixLength, Math.floor(key.length / 4));
  return { hash: hashSecret(key), prefix: key.slice(0, length) };
}
