import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { EncryptionKey, EncryptionKeys } from './encryption-keys.ts';

/**
 * A secret as it is stored: `sealed:v1:<key id>:<fingerprint>:<base64url of nonce, tag and
 * ciphertext>`, encrypted with AES-256-GCM. The version, the key id, the fingerprint, the id of the
 * resource and the pointer of the field are the additional data, so that a text that was moved to
 * another row or field does not decrypt.
 */
const sealedPattern = /^sealed:v1:([0-9a-f]{16}):([0-9a-f]{16}):([A-Za-z0-9_-]+)$/;

/** Every stored secret begins with it; other values may not. */
export const sealedPrefix = 'sealed:v1:';

const nonceBytes = 12;
const tagBytes = 16;

/** The field of a resource that a secret belongs to. */
export interface SecretPlace {
  readonly resourceId: string;
  /** RFC 6901 JSON Pointer into the spec. */
  readonly pointer: string;
}

/** What can be read in a stored secret without a key. */
export interface SealedFacts {
  readonly keyId: string;
  /**
   * Equal for equal secrets of one resource that were encrypted with the same key. It does not
   * reveal the secret: it is an HMAC with a key derived from the encryption key.
   */
  readonly fingerprint: string;
}

/** Encrypts a secret for its place. */
export function sealText({ current }: EncryptionKeys, text: string, place: SecretPlace): string {
  const fingerprint = fingerprintOf(current, text, place);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', current.cipherKey, nonce, {
    authTagLength: tagBytes,
  }).setAAD(additionalData({ keyId: current.id, fingerprint }, place));
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const bytes = Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
  return `${sealedPrefix}${current.id}:${fingerprint}:${bytes.toString('base64url')}`;
}

/** The key id and the fingerprint in a stored secret; undefined for every other text. */
export function sealedFacts(text: string): SealedFacts | undefined {
  const [, keyId, fingerprint] = sealedPattern.exec(text) ?? [];
  return keyId === undefined || fingerprint === undefined ? undefined : { keyId, fingerprint };
}

/** True for a stored secret. */
export function isSealed(value: unknown): boolean {
  return typeof value === 'string' && sealedPattern.test(value);
}

/** Returns a stored secret without its ciphertext: short enough for every schema. */
export function shortened(sealed: string): string {
  const facts = sealedFacts(sealed);
  return facts === undefined ? sealed : `${sealedPrefix}${facts.keyId}:${facts.fingerprint}:A`;
}

/** Thrown by {@link unsealText}. The message has no part of the secret. */
export class UnreadableSecret extends Error {
  constructor(
    readonly place: SecretPlace,
    reason: string,
  ) {
    super(reason);
    this.name = 'UnreadableSecret';
  }
}

/**
 * Decrypts a stored secret.
 * @throws UnreadableSecret when this process does not have its key, or the text was changed or moved
 * from another place.
 */
export function unsealText(keys: EncryptionKeys, sealed: string, place: SecretPlace): string {
  const [, keyId = '', fingerprint = '', encoded = ''] = sealedPattern.exec(sealed) ?? [];
  const key = keys.byId.get(keyId);
  if (key === undefined)
    throw new UnreadableSecret(
      place,
      `it is encrypted with the key ${keyId}, which is neither SLUICE_ENCRYPTION_KEY nor listed in SLUICE_DECRYPTION_KEYS`,
    );
  const bytes = Buffer.from(encoded, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.cipherKey, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(additionalData({ keyId, fingerprint }, place))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = decipher.update(bytes.subarray(nonceBytes + tagBytes));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    throw new UnreadableSecret(
      place,
      'it was changed in the database, or copied there from another resource or field',
    );
  }
}

function additionalData({ keyId, fingerprint }: SealedFacts, place: SecretPlace): Buffer {
  return Buffer.from(
    ['sluice secret v1', keyId, fingerprint, place.resourceId, place.pointer].join('\0'),
  );
}

function fingerprintOf(key: EncryptionKey, text: string, { resourceId }: SecretPlace): string {
  return createHmac('sha256', key.fingerprintKey)
    .update(`${resourceId}\0${text}`)
    .digest('hex')
    .slice(0, 16);
}
