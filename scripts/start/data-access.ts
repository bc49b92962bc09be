import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  type Stats,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { SetupError } from '../process/setup-error.ts';

const { R_OK, W_OK, X_OK } = constants;
const refusals = new Set(['EACCES', 'EPERM', 'EROFS']);
/** The folders below the data folder whose files a start writes. */
const parts = ['.', 'logs', 'postgres', 'proxy'];

/**
 * Checks that this account can use what an earlier start left in the data folder: another account
 * may have made it. Files that do not exist yet are no fault.
 * @throws SetupError that names the file, its owner and what to do
 */
export function requireDataAccess(dataDir: string): void {
  try {
    for (const part of parts) requireFolderAccess(join(dataDir, part), part === '.');
  } catch (error) {
    throw explainDataAccess(error, dataDir);
  }
}

/**
 * Turns a refused file access (EACCES, EPERM, EROFS) in the data folder into a SetupError that says
 * what to do; returns every other error as it is.
 */
export function explainDataAccess(error: unknown, dataDir: string): unknown {
  const { code = '', path } = Object(error) as Partial<NodeJS.ErrnoException>;
  if (!refusals.has(code) || typeof path !== 'string' || !isInside(dataDir, path)) return error;
  if (code === 'EROFS')
    return new SetupError(
      `${path} cannot be written, because it is on a read-only file system.\nUse another folder: SLUICE_DATA_DIR=<folder>.`,
    );
  const found = nearest(path);
  const owner = accountName(found.stats.uid);
  const self = userInfo();
  const isOurs = found.stats.uid === self.uid;
  const advice = isOurs ? 'Correct its permissions' : `Start as "${owner}"`;
  return new SetupError(
    `The account "${self.username}" cannot use ${path} (${code}): ${found.path === path ? 'it' : found.path} belongs to "${owner}".\n` +
      `${advice}, remove the folder ${dataDir} (all data in it is lost), or use another folder: SLUICE_DATA_DIR=<folder>.`,
  );
}

function requireFolderAccess(folder: string, isReadOnly: boolean): void {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return;
  accessSync(folder, R_OK | W_OK | X_OK);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // Opening asks for the rights that count; access(2) answers for the real user.
    if (entry.isFile()) closeSync(openSync(join(folder, entry.name), isReadOnly ? 'r' : 'r+'));
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, resolve(path));
  return !way.startsWith('..') && resolve(folder, way) === resolve(path);
}

/** The path itself, or the closest folder above it that can be looked at. */
function nearest(path: string): { readonly path: string; readonly stats: Stats } {
  try {
    return { path, stats: statSync(path) };
  } catch (error) {
    if (dirname(path) === path) throw error;
    return nearest(dirname(path));
  }
}

function accountName(uid: number): string {
  let accounts: string;
  try {
    accounts = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return `user ${uid}`;
  }
  const line = accounts.split('\n').find((entry) => entry.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? `user ${uid}`;
}
