import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../process/setup-error.ts';
import { outsideFolder } from './outside-folder.ts';
import { makeLinks } from './postgres-links.ts';

/**
 * Copies the Postgres programs to a folder that every account can reach, once per version, and
 * gives that folder. A copy is made under another name and renamed when whole, so an interrupted
 * one is never run. One that has lost files since (folders for temporary files are swept) is made
 * again.
 * @throws SetupError when there is no room or no permission.
 */
export function copyPostgresOut(
  native: string,
  version: string,
  onNotice: (line: string) => void,
  outside = outsideFolder(),
): string {
  const target = join(outside, `postgres-${version}-${fingerprint(native)}`);
  if (isWhole(target)) return join(target, 'native');
  onNotice(`Copying Postgres to ${target}, because it cannot run inside the checkout`);
  const partial = mkdtempSync(`${target}.partial-`);
  try {
    const copy = join(partial, 'native');
    mkdirSync(copy);
    for (const part of ['bin', 'lib', 'share', 'pg-symlinks.json']) {
      if (!existsSync(join(native, part))) continue;
      // Static libraries are for linking against Postgres, a third of its size, and of no use here.
      cpSync(join(native, part), join(copy, part), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => !path.endsWith('.a'),
      });
    }
    makeLinks(copy);
    openToEverybody(partial);
    writeFileSync(join(partial, 'complete'), String(entriesIn(copy).length));
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another start may have finished the same copy meanwhile.
    if (!isWhole(target))
      throw new SetupError(`Cannot copy Postgres to ${target}: ${(error as Error).message}`);
  }
  return join(target, 'native');
}

/** Tells two builds of one version apart, without reading 60 MB. */
function fingerprint(native: string): string {
  const sizes = ['bin/postgres', 'bin/initdb', 'share/postgresql/postgres.bki'].map(
    (file) => statSync(join(native, file)).size,
  );
  return createHash('sha256')
    .update([process.arch, ...sizes].join(' '))
    .digest('hex')
    .slice(0, 12);
}

function isWhole(target: string): boolean {
  try {
    return (
      Number(readFileSync(join(target, 'complete'), 'utf8')) ===
      entriesIn(join(target, 'native')).length
    );
  } catch {
    return false;
  }
}

function entriesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

/** Lets every account read the copy, whatever umask the packages were installed with. */
function openToEverybody(folder: string): void {
  for (const path of ['', ...entriesIn(folder)].map((entry) => join(folder, entry))) {
    const entry = lstatSync(path);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, (entry.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
