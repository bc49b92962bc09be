import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { SetupError } from '@sluice/errors';
import { keepFile } from '../auth/secret-file.ts';

const keyBytes = 32;

/** A key for secrets, with the keys that are derived from it. */
export interface EncryptionKey {
  /** 16 hexadecimal digits that identify the key without revealing it. */
  readonly id: string;
  readonly cipherKey: Buffer;
  readonly fingerprintKey: Buffer;
}

/** The keys of this process. */
export interface EncryptionKeys {
  /** Encrypts. */
  readonly current: EncryptionKey;
  /** Decrypt, the current one included. */
  readonly byId: ReadonlyMap<string, EncryptionKey>;
  /** The file that this start has generated the current key in; undefined when it was there. */
  readonly generatedFile: string | undefined;
}

/** The settings that {@link readEncryptionKeys} uses. */
export interface EncryptionSettings {
  readonly encryptionKey: string | undefined;
  readonly encryptionKeyFile: string;
  readonly decryptionKeys: string | undefined;
}

/**
 * Reads the key that encrypts secrets: the configured one, or the one in the data directory, which
 * is generated at the first start.
 * @throws SetupError when a key is malformed, or the file cannot be read or written.
 */
export function readEncryptionKeys(settings: EncryptionSettings): EncryptionKeys {
  const { encryptionKey, encryptionKeyFile, decryptionKeys = '' } = settings;
  const { text, isNew } =
    encryptionKey === undefined
      ? keepFile(encryptionKeyFile, {
          noun: 'key',
          variable: 'SLUICE_ENCRYPTION_KEY',
          create: () => randomBytes(keyBytes).toString('base64'),
          fault: (stored) =>
            parseKey(stored) === undefined ? 'is not 32 bytes in base64 or hexadecimal' : undefined,
          remedy:
            'Restore the file from a backup: secrets in the database cannot be read without their key.',
        })
      : { text: encryptionKey, isNew: false };
  const current = keyOf(text, 'SLUICE_ENCRYPTION_KEY');
  const others = decryptionKeys
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => keyOf(each, 'each key in SLUICE_DECRYPTION_KEYS'));
  return {
    current,
    byId: new Map([current, ...others].map((key) => [key.id, key])),
    generatedFile: isNew ? encryptionKeyFile : undefined,
  };
}

/** Returns the 32 bytes of a key in base64, base64url or hexadecimal; undefined otherwise. */
export function parseKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === keyBytes ? bytes : undefined;
}

function keyOf(text: string, setting: string): EncryptionKey {
  const bytes = parseKey(text);
  if (bytes === undefined)
    throw new SetupError(
      `${setting} must be 32 bytes in base64 or hexadecimal. "openssl rand -base64 32" generates one.`,
    );
  if (new Set(bytes).size < 8)
    throw new SetupError(`${setting} repeats a few bytes. Generate it: openssl rand -base64 32.`);
  return {
    id: createHash('sha256')
      .update('sluice encryption key\0')
      .update(bytes)
      .digest('hex')
      .slice(0, 16),
    cipherKey: derive(bytes, 'sluice secret v1'),
    fingerprintKey: derive(bytes, 'sluice fingerprint v1'),
  };
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, keyBytes));
}
