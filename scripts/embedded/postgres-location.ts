import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../process/make-folder.ts';
import { SetupError } from '../process/setup-error.ts';
import { outsideFolder } from './outside-folder.ts';
import { canUse, postgresAccount, type ServerAccount } from './server-account.ts';

/** The files of one embedded Postgres. */
export type PostgresLocation = {
  /** The folder the caller named, without symbolic links. */
  readonly dataDir: string;
  /** What Postgres calls its data directory. */
  readonly clusterDir: string;
  /** Holds the cluster; the same as `dataDir` unless the server's account cannot reach that. */
  readonly clusterParent: string;
  readonly passwordFile: string;
  readonly logFile: string;
};

/** What `<dataDir>/postgres.json` remembers between starts. */
type PostgresRecord = {
  readonly dataDir: string;
  readonly clusterDir: string;
  /** The process that runs this Postgres, or ran it last. */
  readonly owner: { readonly pid: number; readonly startedAt: string };
};

/**
 * Decides where the data lives and which account runs the server (`undefined`: ourselves). A
 * cluster that exists stays where it is and runs as the account it belongs to. A new one goes
 * inside `dataDir`, or, when the server's account cannot reach that, to a folder outside the
 * checkout that is bound to this very `dataDir`. The folders exist afterwards.
 * @throws SetupError when `dataDir` cannot be created.
 */
export function locatePostgres(
  dataDir: string,
  onNotice: (line: string) => void,
): { location: PostgresLocation; account: ServerAccount | undefined } {
  const real = createDataDir(dataDir);
  const known = readRecord(real)?.clusterDir ?? join(real, 'cluster');
  const owner = statSync(known, { throwIfNoEntry: false });
  if (owner !== undefined) {
    const account =
      process.getuid?.() === 0 && owner.uid !== 0
        ? { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid }
        : postgresAccount();
    return { location: locationOf(real, dirname(known)), account };
  }
  const account = postgresAccount();
  const clusterParent =
    account === undefined || canUse(account, real, '-x') ? real : createOutsideData(real);
  if (clusterParent !== real)
    onNotice(
      `Postgres keeps its data in ${clusterParent}, because the account "${account?.name}" cannot reach ${real}`,
    );
  return { location: locationOf(real, clusterParent), account };
}

/** The process that runs this Postgres or ran it last, if that is known. */
export function recordedOwner(location: PostgresLocation): PostgresRecord['owner'] | undefined {
  return readRecord(location.dataDir)?.owner;
}

/** Writes down where the data is and which process runs it. */
export function recordOwner(location: PostgresLocation, owner: PostgresRecord['owner']): void {
  const record: PostgresRecord = {
    dataDir: location.dataDir,
    clusterDir: location.clusterDir,
    owner: { pid: owner.pid, startedAt: owner.startedAt },
  };
  writeFileSync(recordFile(location.dataDir), `${JSON.stringify(record, null, 2)}\n`, {
    mode: 0o600,
  });
}

/**
 * Removes everything a stopped Postgres keeps, wherever it is. For tests: nothing can bring it
 * back.
 */
export function removePostgresData(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  const real = realpathSync(dataDir);
  const clusterDir = readRecord(real)?.clusterDir;
  if (clusterDir !== undefined && dirname(clusterDir) !== real)
    rmSync(dirname(clusterDir), { recursive: true, force: true });
  rmSync(real, { recursive: true, force: true });
}

/** The path of the log of the Postgres whose data is in `dataDir`. */
export function postgresLogPath(dataDir: string): string {
  return join(dataDir, 'postgres.log');
}

function locationOf(dataDir: string, clusterParent: string): PostgresLocation {
  return {
    dataDir,
    clusterDir: join(clusterParent, 'cluster'),
    clusterParent,
    passwordFile: join(dataDir, 'password'),
    logFile: postgresLogPath(dataDir),
  };
}

/**
 * Gives `undefined` when there is no record, or when it speaks of another folder: the checkout was
 * copied, and two must not share a cluster.
 */
function readRecord(dataDir: string): PostgresRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(dataDir), 'utf8')) as PostgresRecord;
    return record.dataDir === dataDir && typeof record.owner.pid === 'number' ? record : undefined;
  } catch {
    return undefined;
  }
}

function recordFile(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

function createDataDir(dataDir: string): string {
  try {
    if (!existsSync(dataDir)) {
      makeFolder(dataDir);
      // Others may pass through to the cluster, which is closed to all but its account; they may
      // not list what is here.
      chmodSync(dataDir, 0o711);
    }
    return realpathSync(dataDir);
  } catch (error) {
    throw new SetupError(
      `Cannot create ${dataDir}: ${(error as Error).message}.\nChoose a folder you may write to: SLUICE_DATA_DIR=<folder>.`,
    );
  }
}

function createOutsideData(dataDir: string): string {
  const path = join(
    outsideFolder(),
    `data-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`,
  );
  if (!existsSync(path)) {
    mkdirSync(path);
    chmodSync(path, 0o711);
  }
  return path;
}
