import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { GatewayError } from '@sluice/errors';

/** The Idempotency-Key of a POST: a repetition with it does not repeat the work. */
export interface Idempotency {
  readonly tokenId: string;
  /** SHA-256 of the Idempotency-Key, hex. */
  readonly key: string;
  /**
   * Encrypts the secrets in the response. It is derived from the caller's token and key, so only
   * they decrypt it.
   */
  readonly sealingKey: Buffer;
}

/** The response as it is stored for repetitions. */
export interface IdempotentAnswer {
  readonly tokenId: string;
  readonly key: string;
  readonly requestHash: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  /** The secret members of the response, encrypted. */
  readonly sealed: string | null;
}

/**
 * Parses Idempotency-Key, 1 to 255 visible ASCII characters
 * (draft-ietf-httpapi-idempotency-key-header-07).
 * @throws GatewayError validation_failed for anything else.
 */
export function readIdempotency(
  field: string | undefined,
  tokenId: string,
  token: string,
): Idempotency | undefined {
  if (field === undefined) return undefined;
  if (!/^[\x20-\x7e]{1,255}$/.test(field)) {
    throw new GatewayError('validation_failed', {
      detail: 'Idempotency-Key: use 1 to 255 visible ASCII characters, such as a UUID',
    });
  }
  const sealingKey = Buffer.from(hkdfSync('sha256', token, field, 'sluice idempotency', 32));
  return { tokenId, key: createHash('sha256').update(field).digest('hex'), sealingKey };
}

/** Encrypts with AES-256-GCM. */
export function seal(sealingKey: Buffer, secrets: object): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce);
  const encrypted = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString('base64');
}

/** Decrypts the result of {@link seal}; undefined when the key differs or the text was changed. */
export function unseal(sealingKey: Buffer, sealed: string): object | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(
      Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8'),
    ) as object;
  } catch {
    return undefined;
  }
}
