import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const bodyLength = 43; // 62^43 > 2^256
const checksumLength = 6; // 62^6 > 2^32
const minLength = 24;
const placeholder =
  /change[-_ ]?me|replace[-_ ]?(?:me|this)|placeholder|example|your[-_ ]|secret|password|(?:^|[^a-z])(?:admin|token|default|test)(?:[^a-z]|$)/gi;

/**
 * The purpose of a secret: API key, admin token, node token or HMAC secret. Users and secret scanners recognise
 * the prefix.
 */
export type SecretPrefix = 'slk' | 'sla' | 'sln' | 'slh';

/**
 * Generates a secret of 256 random bits: the prefix, `_`, 43 characters, and the CRC-32 of these as
 * 6 characters.
 */
export function createSecret(prefix: SecretPrefix): string {
  const body = `${prefix}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), bodyLength)}`;
  return body + checksum(body);
}

/**
 * True for a secret in the format of {@link createSecret}; false when it was mistyped or truncated.
 */
export function hasValidChecksum(secret: string): boolean {
  return (
    /^sl[kanh]_[0-9A-Za-z]{49}$/.test(secret) &&
    checksum(secret.slice(0, -checksumLength)) === secret.slice(-checksumLength)
  );
}

/**
 * SHA-256 in lower-case hex, the form in which secrets are stored. Secrets are random, so a slow
 * hash adds nothing.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * Says why a secret that was chosen by hand is refused and what to do; undefined when it is
 * accepted.
 */
export function weaknessOfSecret(secret: string): string | undefined {
  const advice = 'make one with: openssl rand -hex 32';
  if (!/^[\x21-\x7e]*$/.test(secret))
    return `must contain only visible ASCII characters and no spaces; ${advice}`;
  if (secret.length < minLength) return `must have at least ${minLength} characters; ${advice}`;
  // The secret must be strong enough without the well-known words in it.
  const rest = secret.replaceAll(placeholder, '');
  if (rest.length < minLength / 2 || new Set(rest).size < 8)
    return `looks like a placeholder; ${advice}`;
  return undefined;
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n)
    text = (alphabet[Number(rest % 62n)] ?? '') + text;
  return text;
}
