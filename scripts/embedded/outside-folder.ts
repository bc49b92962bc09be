import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../process/setup-error.ts';

/**
 * Returns a folder outside the checkout, `/var/tmp/sluice-<uid>`, that every account can pass
 * through. Every account may write to /var/tmp, so an existing folder is used only if it is a
 * folder, belongs to us, and only we can write to it.
 * @throws SetupError when another account has created that name.
 */
export function outsideFolder(parent = '/var/tmp'): string {
  const uid = process.getuid?.() ?? 0;
  const path = join(parent, `sluice-${uid}`);
  try {
    mkdirSync(path, { mode: 0o755 });
    chmodSync(path, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new SetupError(`Cannot create ${path}: ${(error as Error).message}`);
  }
  const entry = lstatSync(path);
  if (entry.isDirectory() && entry.uid === uid && (entry.mode & 0o022) === 0) return path;
  throw new SetupError(
    `${path} is not safe to use: it must be a folder that belongs to user ${uid} and that no other account can write to.\n` +
      'Remove it, or move the checkout to a folder that every account can read.',
  );
}
