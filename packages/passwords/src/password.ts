import { argon2, hash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { parsePhc, type Argon2idHash, type ScryptHash } from './phc.ts';

/** The longest password, in bytes of UTF-8: longer ones only cost time. */
export const maxPasswordBytes = 1024;

/** OWASP's recommendation for argon2id: 19 MiB, two passes. Takes some 50 ms on one core. */
const cost = { memoryKiB: 19_456, passes: 2, parallelism: 1 };
const saltLength = 16;
const hashLength = 32;

/**
 * Says why a text cannot be a password; undefined when it can. Passwords are UTF-8 without control
 * characters (RFC 7617, section 2), compared in Unicode's normalisation form C, as RFC 8265 says.
 */
export function passwordFault(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  const bytes = Buffer.byteLength(password.normalize('NFC'));
  if (bytes > maxPasswordBytes)
    return `the password has ${bytes} bytes in UTF-8: at most ${maxPasswordBytes} are accepted`;
  if (/[\u0000-\u001f\u007f]/.test(password)) return 'the password contains a control character';
  return undefined;
}

/**
 * Hashes a password with argon2id and a random salt, off the event loop. Resolves to a PHC string.
 * Rejects with a TypeError when {@link passwordFault} finds a fault.
 */
export async function hashPassword(password: string): Promise<string> {
  const fault = passwordFault(password);
  if (fault !== undefined) throw new TypeError(fault);
  const salt = randomBytes(saltLength);
  const derived = await argon2id(password, salt, { ...cost, hashLength });
  const { memoryKiB, passes, parallelism } = cost;
  const parameters = `m=${memoryKiB},t=${passes},p=${parallelism}`;
  return `$argon2id$v=19$${parameters}$${base64(salt)}$${base64(derived)}`;
}

/**
 * Resolves to whether a password is the one that was hashed. Hashing takes place off the event
 * loop, except SHA-1, and the comparison takes the same time wherever the hashes differ. Resolves to
 * false when the PHC string is malformed or beyond the bounds of `parsePhc`, and when the password
 * is none. Other systems have hashed passwords as they were sent, without normalisation; bcrypt
 * ignores what follows the first 72 bytes.
 */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  const stored = parsePhc(phc);
  if (stored === undefined || passwordFault(password) !== undefined) return false;
  if (stored.algorithm === 'bcrypt') {
    // A native library that nothing else needs.
    const bcrypt = await import('@node-rs/bcrypt');
    return bcrypt.verify(password, stored.text);
  }
  if (stored.algorithm === 'kong-sha1') {
    const digest = hash('sha1', `${password}${stored.consumerId}`, 'buffer');
    return timingSafeEqual(digest, Buffer.from(stored.hash, 'hex'));
  }
  const expected = Buffer.from(stored.hash, 'base64');
  const actual = await hashLike(stored, password, expected.length);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function hashLike(
  stored: Argon2idHash | ScryptHash,
  password: string,
  length: number,
): Promise<Buffer> {
  const salt = Buffer.from(stored.salt, 'base64');
  if (stored.algorithm === 'argon2id')
    return argon2id(password, salt, { ...stored, hashLength: length });
  const { costLog2, blockSize, parallelism } = stored;
  const memory = 128 * 2 ** costLog2 * blockSize;
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFC'),
      salt,
      length,
      // Node's bound is exclusive, and counts the blocks of each lane as well.
      { N: 2 ** costLog2, r: blockSize, p: parallelism, maxmem: 2 * memory },
      (error, derived) => (error === null ? resolve(derived) : reject(error)),
    );
  });
}

interface Argon2idCost {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
  /** Bytes. */
  readonly hashLength: number;
}

function argon2id(
  password: string,
  nonce: Buffer,
  { memoryKiB: memory, passes, parallelism, hashLength: tagLength }: Argon2idCost,
): Promise<Buffer> {
  const message = password.normalize('NFC');
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      { message, nonce, memory, passes, parallelism, tagLength },
      (error, derived) => (error === null ? resolve(derived) : reject(error)),
    );
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
