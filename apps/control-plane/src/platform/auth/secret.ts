import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const bodyLength = 43; // 62^43 > 2^256
const checksumLength = 6; // 62^6 > 2^32
const minLength = 24;
const placeholder = /change[-_ ]?me|replace[-_ ]?(?:me|this)|placeholder|example|your[-_ ]|secret|password|(?:^|[^a-z])(?:admin|token|default|test)(?:[^a-z]|$)/gi;

/** What a secret is for; people and scanners recognise it by these letters: API key, admin token, node token. */
export type SecretPrefix = 'slk' | 'sla' | 'sln';

/** Makes a secret of 256 random bits: `slk_`, 43 characters, and 6 that are the CRC-32 of what stands before. */
export function createSecret(prefix: SecretPrefix): string {
  const body = `${prefix}_${base62(BigInt(`0x${randomBytes(32).toString('hex')}`), bodyLength)}`;
  return body + checksum(body);
}

/** False for a text that looks like one of our secrets but was mistyped or cut; lets scanners tell keys from noise. */
export function hasValidChecksum(secret: string): boolean {
  return /^sl[kan]_[0-9A-Za-z]{49}$/.test(secret) && checksum(secret.slice(0, -checksumLength)) === secret.slice(-checksumLength);
}

/** SHA-256 in lower-case hex: the form in which secrets are stored. They are random, so a slow hash would add nothing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Why a secret chosen by hand is refused and what to do, or undefined when it will do. */
export function weaknessOfSecret(secret: string): string | undefined {
  const advice = 'make one with: openssl rand -hex 32';
  if (!/^[\x21-\x7e]*$/.test(secret)) return `may only hold visible ASCII characters without spaces; ${advice}`;
  if (secret.length < minLength) return `must have at least ${minLength} characters; ${advice}`;
  // What is left once well-known words are taken out has to carry the secret alone.
  const rest = secret.replaceAll(placeholder, '');
  if (rest.length < minLength / 2 || new Set(rest).size < 8) return `looks like a placeholder; ${advice}`;
  return undefined;
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = (alphabet[Number(rest % 62n)] ?? '') + text;
  return text;
}
