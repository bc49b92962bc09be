import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { lastOutput } from '../process/last-output.ts';
import type { LogFile } from '../process/log-file.ts';
import { identifyProcess } from '../process/process-identity.ts';
import { SetupError } from '../process/setup-error.ts';
import { startWatched } from '../process/watched-process.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { PostgresLocation } from './postgres-location.ts';
import type { ServerAccount } from './server-account.ts';

/** The name of the one role of an embedded Postgres. */
export const postgresUser = 'sluice';

/** What is needed to make or check a cluster. */
export type ClusterSetup = {
  readonly location: PostgresLocation;
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount | undefined;
  readonly durable: boolean;
  readonly log: LogFile;
  readonly onNotice: (line: string) => void;
};

/**
 * Makes sure there is a cluster to start, making one if need be, and gives its password. A cluster
 * appears under its name only when it is whole: `initdb` works under another name, so an
 * interrupted one is swept away and done again.
 * @throws SetupError for a cluster of another major version, of another account, or without its
 * password.
 */
export async function prepareCluster(setup: ClusterSetup): Promise<string> {
  sweepUnfinished(setup.location);
  if (existsSync(setup.location.clusterDir)) {
    if (isWholeCluster(setup)) return readPassword(setup.location);
    const aside = `${setup.location.clusterDir}.broken-${Date.now()}`;
    renameSync(setup.location.clusterDir, aside);
    setup.onNotice(
      `The Postgres data was incomplete. It was moved to ${aside}, and Postgres starts with an empty database`,
    );
  }
  return await createCluster(setup);
}

function isWholeCluster({ location, binaries }: ClusterSetup): boolean {
  const major = readText(join(location.clusterDir, 'PG_VERSION'), location)?.trim();
  if (major === undefined || !existsSync(join(location.clusterDir, 'global', 'pg_control')))
    return false;
  if (major === binaries.major) return true;
  throw new SetupError(
    `${location.clusterDir} was written by Postgres ${major}; this is Postgres ${binaries.major}, which cannot read it.\n` +
      `Move that folder away to start with an empty database, choose another one with SLUICE_DATA_DIR=<folder>, or run Postgres ${major} and set DATABASE_URL.`,
  );
}

function readPassword(location: PostgresLocation): string {
  const password = readText(location.passwordFile, location)?.trim();
  if (password !== undefined && password !== '') return password;
  throw new SetupError(
    `${location.passwordFile} is missing, and without it no client can log in to the database in ${location.clusterDir}.\nRestore the file, or move that folder away to start with an empty database.`,
  );
}

function readText(path: string, location: PostgresLocation): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SetupError(
      `Cannot read ${path}: ${(error as Error).message}. The data in ${location.dataDir} may belong to another account: start as that one, or choose another folder with SLUICE_DATA_DIR=<folder>.`,
    );
  }
}

async function createCluster(setup: ClusterSetup): Promise<string> {
  const { location, account } = setup;
  const partial = `${location.clusterDir}.new-${process.pid}`;
  const passwordForInit = join(location.clusterParent, `password.new-${process.pid}`);
  try {
    const password = existsSync(location.passwordFile)
      ? readPassword(location)
      : randomBytes(24).toString('hex');
    writeFileSync(location.passwordFile, `${password}\n`, { mode: 0o600 });
    writeFileSync(passwordForInit, `${password}\n`, { mode: 0o600 });
    mkdirSync(partial, { mode: 0o700 });
    if (account !== undefined) {
      for (const path of [partial, passwordForInit]) chownSync(path, account.uid, account.gid);
    }
    await runInitdb(setup, partial, passwordForInit);
    renameSync(partial, location.clusterDir);
    return password;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (error instanceof SetupError) throw error;
    throw new SetupError(
      `Cannot create a Postgres database in ${location.clusterParent}: ${(error as Error).message}`,
    );
  } finally {
    rmSync(passwordForInit, { force: true });
  }
}

async function runInitdb(
  { binaries, account, durable, log }: ClusterSetup,
  target: string,
  passwordFile: string,
): Promise<void> {
  const initdb = await startWatched({
    name: 'initdb',
    command: binaries.initdb,
    args: [
      ...[
        '--pgdata',
        target,
        '--username',
        postgresUser,
        '--pwfile',
        passwordFile,
        '--auth',
        'scram-sha-256',
      ],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
      ...(durable ? [] : ['--no-sync']),
    ],
    cwd: '/',
    env: { PATH: process.env['PATH'], TZ: 'UTC' },
    account,
    output: log.descriptor,
    stopLadder: [{ signal: 'SIGTERM', graceMs: 2_000 }],
  });
  const timer = setTimeout(() => void initdb.stop(), 120_000);
  const exit = await initdb.exited;
  clearTimeout(timer);
  if (exit.code !== 0) {
    throw new SetupError(
      `Postgres could not create its database (${basename(binaries.initdb)} ended with ${exit.signal ?? `code ${exit.code}`}).${lastOutput(log)}`,
    );
  }
}

/**
 * Removes what interrupted starts left half made. The pid in the name tells them from a start that
 * is under way just now.
 */
function sweepUnfinished(location: PostgresLocation): void {
  for (const name of readdirSync(location.clusterParent)) {
    const pid = /^(?:cluster|password)\.new-(\d+)$/.exec(name)?.[1];
    if (
      pid === undefined ||
      (Number(pid) !== process.pid && identifyProcess(Number(pid)) !== undefined)
    )
      continue;
    rmSync(join(location.clusterParent, name), { recursive: true, force: true });
  }
}
