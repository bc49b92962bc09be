import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './error-message.ts';

/**
 * Creates a folder and its missing parents, as `mkdir -p` does. Does nothing when it exists.
 *
 * `mkdirSync` with `recursive` must not be used where a user chooses the path: it never returns when
 * the system answers ENOENT below a folder that exists, as /proc does.
 *
 * @param mode the mode of each new folder
 * @throws the error of the system, when a folder cannot be created or the path is not a folder
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isFolder(path)) return;
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path || isFolder(parent)) throw error;
    makeFolder(parent, mode);
    // Not a recursive call: each level is tried twice at most.
    makeLast(path, mode);
  }
}

function makeLast(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have created it.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
