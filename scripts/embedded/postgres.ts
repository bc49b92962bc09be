import { setTimeout as sleep } from 'node:timers/promises';
import { lastOutput } from '../process/last-output.ts';
import { openLogFile, type LogFile } from '../process/log-file.ts';
import { freePort, isPortFree } from '../process/ports.ts';
import { identifyProcess } from '../process/process-identity.ts';
import { SetupError } from '../process/setup-error.ts';
import { supervise } from '../process/supervised-process.ts';
import { startWatched, type WatchedProcess } from '../process/watched-process.ts';
import { preparePostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { postgresUser, prepareCluster } from './postgres-cluster.ts';
import { ensureDatabase } from './postgres-database.ts';
import { locatePostgres, recordOwner, type PostgresLocation } from './postgres-location.ts';
import { readPostmasterFile, vacateCluster } from './postmaster.ts';
import type { ServerAccount } from './server-account.ts';

/** How to start an embedded Postgres. */
export type PostgresOptions = {
  /**
   * The folder that keeps the data, the password and the log. Created when missing, reused when
   * not.
   */
  readonly dataDir: string;
  /** Created when missing. Letters, digits and underscores. */
  readonly database: string;
  /** A port on 127.0.0.1; any free one when absent. */
  readonly port?: number | undefined;
  /** The environment variable to name when that port is taken. */
  readonly portVariable?: string;
  /**
   * False trades safety against power loss for speed: for tests that do not test crashes. Default
   * true.
   */
  readonly durable?: boolean;
  /** How long a start may take, crash recovery included. Default 60 s. */
  readonly timeoutMs?: number;
  /** Receives a line for each thing a person may want to know. */
  readonly onNotice?: (line: string) => void;
  /** Called when the server ends although it was not stopped, with its last log lines. */
  readonly onCrash?: (description: string) => void;
};

/**
 * A running Postgres of our own. It ends with the process that started it, even when that one is
 * killed.
 */
export type EmbeddedPostgres = {
  /** A `postgres://` address with its password. The same for the whole life of this object. */
  readonly url: string;
  readonly port: number;
  /** The pid of the server, or `undefined` while it is down. */
  readonly pid: number | undefined;
  /** Ends it cleanly: sessions are closed, everything is on disk. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; stops it first when it runs. */
  restart(): Promise<void>;
};

type Server = {
  readonly binaries: PostgresBinaries;
  readonly location: PostgresLocation;
  readonly account: ServerAccount | undefined;
  readonly log: LogFile;
  readonly options: PostgresOptions;
};

const defaultTimeoutMs = 60_000;

/**
 * Starts a real Postgres server from the binaries npm installed, listening on 127.0.0.1 only, and
 * gives it once it answers. The first start in a folder creates the database cluster; later ones
 * reuse it.
 * @throws SetupError saying what is wrong and what to do: a taken port, data of another version or
 * in use, no permission.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const onNotice = options.onNotice ?? (() => {});
  const { location, account } = locatePostgres(options.dataDir, onNotice);
  await vacateCluster(location, onNotice);
  const self = identifyProcess(process.pid);
  if (self !== undefined) recordOwner(location, self);
  if (options.port !== undefined && !(await isPortFree(options.port)))
    throw portTaken(options.port, options.portVariable);
  const binaries = preparePostgresBinaries(account, onNotice);
  const log = openLogFile(location.logFile);
  try {
    const password = await prepareCluster({
      location,
      binaries,
      account,
      durable: options.durable ?? true,
      log,
      onNotice,
    });
    return await runServer({ binaries, location, account, log, options }, password);
  } catch (error) {
    log.close();
    throw error;
  }
}

async function runServer(server: Server, password: string): Promise<EmbeddedPostgres> {
  const { options, log } = server;
  const urlFor = (port: number, database: string): string =>
    `postgres://${postgresUser}:${password}@127.0.0.1:${port}/${database}`;
  let port = 0;
  const supervised = supervise(
    () => launch(server, port),
    (exit) =>
      options.onCrash?.(
        `Postgres ended unexpectedly (${exit.signal ?? `code ${exit.code}`}).${lastOutput(log)}`,
      ),
  );
  await startOnSomePort(server, async (candidate) => {
    port = candidate;
    await supervised.start();
  });
  try {
    await ensureDatabase(urlFor(port, 'postgres'), options.database);
  } catch (error) {
    await supervised.stop();
    throw error;
  }
  return {
    url: urlFor(port, options.database),
    port,
    get pid() {
      return supervised.pid;
    },
    stop: supervised.stop,
    kill: supervised.kill,
    restart: supervised.start,
  };
}

/**
 * Postgres cannot choose a port itself, so a free one is searched, and another one when another
 * process takes it first.
 */
async function startOnSomePort(
  { options, log }: Server,
  start: (port: number) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      await start(port);
      return;
    } catch (error) {
      const isTaken =
        /could not bind|Address already in use/.test(log.tail(30)) && !(await isPortFree(port));
      if (!isTaken) throw error;
      if (options.port !== undefined || attempt === 5) throw portTaken(port, options.portVariable);
    }
  }
}

async function launch(server: Server, port: number): Promise<WatchedProcess> {
  const { location, log, options } = server;
  const deadline = performance.now() + (options.timeoutMs ?? defaultTimeoutMs);
  for (;;) {
    log.beginRun();
    const postgres = await spawnServer(server, port);
    let hasEnded = false;
    void postgres.exited.then(() => (hasEnded = true));
    while (!hasEnded && performance.now() < deadline) {
      const file = readPostmasterFile(location.clusterDir);
      if (file?.pid === postgres.pid && file.isReady) return postgres;
      await sleep(20);
    }
    await postgres.stop();
    // After a SIGKILL the sessions of the dead server need a moment to notice; until then the new
    // one refuses to start.
    const isWaitingForSessions = /pre-existing shared memory block|is still in use/.test(
      log.tail(5),
    );
    if (!isWaitingForSessions || performance.now() > deadline) break;
    await sleep(100);
  }
  throw new SetupError(`Postgres did not start.${lastOutput(log)}`);
}

async function spawnServer(
  { binaries, location, account, log, options }: Server,
  port: number,
): Promise<WatchedProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
  };
  return await startWatched({
    name: 'postgres',
    command: binaries.postgres,
    args: [
      '-D',
      location.clusterDir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: '/',
    env: { PATH: process.env['PATH'], TZ: 'UTC' },
    account,
    output: log.descriptor,
    // PostgreSQL, "Shutting Down the Server": SIGINT is the fast shutdown, SIGQUIT the immediate
    // one.
    stopLadder: [
      { signal: 'SIGINT', graceMs: 5_000 },
      { signal: 'SIGQUIT', graceMs: 3_000 },
    ],
  });
}

function portTaken(port: number, variable: string | undefined): SetupError {
  const advice =
    variable === undefined
      ? 'Stop that program, or choose another port.'
      : `Stop that program, or choose another port: ${variable}=<port>.`;
  return new SetupError(
    `Port ${port}, wanted for Postgres, is taken by another program. ${advice}`,
  );
}
