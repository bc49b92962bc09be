import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupFault } from './setup-fault.mjs';

/** npm writes this record when an install is complete. */
const recordOf = (root) => join(root, 'node_modules', '.package-lock.json');

/**
 * Says in which way `node_modules` differs from `package-lock.json`. Beyond npm's record it looks
 * for every package and every program on the disk, because a record outlives an interrupted
 * removal, and folders that were emptied by hand. Packages for other platforms are optional and may
 * be absent.
 * @param {string} root the checkout
 * @returns {string | undefined} `undefined` when nothing is missing
 */
export function faultOfTree(root) {
  const wanted = packagesIn(join(root, 'package-lock.json'));
  if (!existsSync(recordOf(root))) return 'they are not installed yet';
  const installed = readRecord(root);
  if (installed === undefined) return 'the record of what is installed cannot be read';
  return differenceOf(wanted, installed) ?? absenceIn(root, installed);
}

/**
 * Removes npm's record, so that an interrupted install is never taken for complete.
 * @param {string} root the checkout
 * @throws SetupFault when nothing can be removed
 */
export function forgetInstall(root) {
  try {
    rmSync(recordOf(root), { force: true });
  } catch {
    // node_modules is not a folder, or its files cannot be removed, which is an error below.
    removeTree(root);
  }
}

/**
 * Removes every `node_modules` of the checkout: its own and those of its packages.
 * @param {string} root the checkout
 * @throws SetupFault when one of them cannot be removed
 */
export function removeTree(root) {
  const workspaces = ['packages', 'apps'].flatMap((folder) => foldersIn(join(root, folder)));
  for (const folder of [root, ...workspaces]) {
    const tree = join(folder, 'node_modules');
    try {
      rmSync(tree, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    } catch (error) {
      throw new SetupFault(
        `${tree} is incomplete and cannot be removed: ${error.message}\nRemove it yourself, then try again.`,
      );
    }
  }
}

function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

function differenceOf(wanted, installed) {
  for (const [path, { version, integrity }] of Object.entries(installed)) {
    if (
      wanted[path] === undefined ||
      wanted[path].version !== version ||
      wanted[path].integrity !== integrity
    )
      return `${path} differs from package-lock.json`;
  }
  const missing = Object.entries(wanted).find(
    ([path, { optional, peer }]) =>
      path !== '' && !optional && !peer && installed[path] === undefined,
  );
  return missing === undefined ? undefined : `${missing[0]} is missing`;
}

function absenceIn(root, installed) {
  for (const [path, { bin, link }] of Object.entries(installed)) {
    if (!path.includes('node_modules/')) continue;
    if (!existsSync(join(root, path, 'package.json'))) return `${path} is incomplete`;
    const program = link
      ? undefined
      : Object.keys(bin ?? {}).find((name) => isTopLevel(path) && !hasProgram(root, name));
    if (program !== undefined) return `the program ${program} of ${path} is missing`;
  }
  return undefined;
}

/** Programs of nested packages are linked elsewhere. */
function isTopLevel(path) {
  return path.lastIndexOf('node_modules/') === 0;
}

function hasProgram(root, name) {
  const path = join(root, 'node_modules', '.bin', name);
  return existsSync(path) || existsSync(`${path}.cmd`);
}

/** A truncated record is ignored: the install writes another one. */
function readRecord(root) {
  try {
    return JSON.parse(readFileSync(recordOf(root), 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch (error) {
    throw new SetupFault(
      `Cannot read ${file}: ${error.message}\nRestore it (git checkout package-lock.json), then try again.`,
    );
  }
}
