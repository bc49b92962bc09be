import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, errorMessage } from '@sluice/errors';

const keyBytes = 32;
const keyText = /^[0-9a-f]{64}$/;

/**
 * Returns the key that encrypts the last good configuration: the given one (64 hexadecimal digits),
 * or one that is generated at the first start and stored in the data directory, readable only by
 * this user. Rejects when the key is malformed, or when the file cannot be read or written.
 */
export async function snapshotKey(dataDir: string, given: string | undefined): Promise<Buffer> {
  if (given !== undefined) return parse(given, 'SLUICE_SNAPSHOT_KEY');
  const path = join(dataDir, 'snapshot.key');
  const stored = await readStored(path);
  if (stored !== undefined) return parse(stored, path);
  const key = randomBytes(keyBytes);
  // `wx` does not overwrite a key that another process has just created.
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}

async function readStored(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'latin1')).trim();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`${path} cannot be read (${errorMessage(error)})`, { cause: error });
  }
}

function parse(text: string, source: string): Buffer {
  if (keyText.test(text)) return Buffer.from(text, 'hex');
  throw new Error(
    `${source} does not hold a key of 64 hexadecimal digits; delete the file to generate a new key, or set SLUICE_SNAPSHOT_KEY`,
  );
}

/** True for the error of a file that does not exist. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}
