import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first executable file with one of these names, in order of the names, in a search path such
 * as PATH.
 */
export function findOnPath(searchPath: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const folder of searchPath.split(delimiter)) {
      if (folder !== '' && isExecutable(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
