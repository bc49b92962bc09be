import { hashSecret, hasValidChecksum } from '../../../platform/auth/secret.ts';

const ownPrefixLength = 12;
const foreignPrefixLength = 4;

/** The stored parts of a key. They identify the key but cannot be used in its place. */
export interface KeyDigest {
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /**
   * The first characters: 12 of a generated key, which begins with `slk_`; 4 of others, which may
   * be short.
   */
  readonly prefix: string;
}

/** Computes the hash and the prefix of a key. */
export function digestOf(key: string): KeyDigest {
  return {
    hash: hashSecret(key),
    prefix: key.slice(0, hasValidChecksum(key) ? ownPrefixLength : foreignPrefixLength),
  };
}
