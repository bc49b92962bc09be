import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const keyBytes = 32;
const keyText = /^[0-9a-f]{64}$/;

/**
 * The key that the last good configuration is encrypted with: the given one (64 hexadecimal digits), otherwise one that is
 * made at the first start and kept in the data directory, readable by this user alone. Rejects when neither works.
 */
export async function snapshotKey(dataDir: string, given: string | undefined): Promise<Buffer> {
  if (given !== undefined) return parse(given, 'SLUICE_SNAPSHOT_KEY');
  const path = join(dataDir, 'snapshot.key');
  try {
    return parse((await readFile(path, 'latin1')).trim(), path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const key = randomBytes(keyBytes);
  // `wx`: whoever else made one at this moment is not overwritten.
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}

function parse(text: string, source: string): Buffer {
  if (keyText.test(text)) return Buffer.from(text, 'hex');
  throw new Error(`${source} does not hold a key of 64 hexadecimal digits; delete the file for a new one, or set SLUICE_SNAPSHOT_KEY`);
}

/** True when there is no such file. */
export function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
