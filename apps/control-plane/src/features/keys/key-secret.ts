import { hashSecret, hasValidChecksum } from '../../platform/auth/secret.ts';

const ownPrefixLength = 12;
const foreignPrefixLength = 4;

/** What is stored of a key: enough to recognise it by, nothing to use it with. */
export interface KeyDigest {
  /** SHA-256, lower-case hex. */
  readonly hash: string;
  /** The first characters: of ours past `slk_`, of a foreign one only four, since it may be short. */
  readonly prefix: string;
}

export function digestOf(key: string): KeyDigest {
  return { hash: hashSecret(key), prefix: key.slice(0, hasValidChecksum(key) ? ownPrefixLength : foreignPrefixLength) };
}
