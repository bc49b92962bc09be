import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isStillRunning } from '../process/process-identity.ts';
import { SetupError } from '../process/setup-error.ts';
import { recordedOwner, type PostgresLocation } from './postgres-location.ts';

/**
 * What a running server writes about itself in `postmaster.pid` (PostgreSQL,
 * src/include/utils/pidfile.h).
 */
export type PostmasterFile = {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
};

const stopGraceMs = 10_000;

/**
 * Reads `postmaster.pid`. Gives `undefined` when there is none, or when it is still being written.
 */
export function readPostmasterFile(clusterDir: string): PostmasterFile | undefined {
  let text: string;
  try {
    text = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), isReady: lines[7] === 'ready' };
}

/**
 * Makes sure that no server runs on this cluster. A `postmaster.pid` left by a crash is no
 * hindrance, nor is one whose pid belongs to some other program by now. A server whose owner has
 * died is stopped cleanly rather than taken over, because only a server we started ourselves has a
 * watchdog that ends it with us.
 * @throws SetupError when a living process still uses the cluster, or the server does not stop.
 */
export async function vacateCluster(
  location: PostgresLocation,
  onNotice: (line: string) => void,
): Promise<void> {
  const pid = runningPostmaster(location.clusterDir);
  if (pid === undefined) {
    forgetReusedPid(location.clusterDir);
    return;
  }
  const owner = recordedOwner(location);
  if (owner !== undefined && isStillRunning(owner)) {
    throw new SetupError(
      `The Postgres data in ${location.clusterDir} is in use by another Sluice (process ${owner.pid}).\n` +
        'Stop that one first, or give this one a folder of its own: SLUICE_DATA_DIR=<folder>.',
    );
  }
  onNotice(`Stopping the Postgres that an earlier start left behind (process ${pid})`);
  process.kill(pid, 'SIGINT');
  const deadline = performance.now() + stopGraceMs;
  while (runningPostmaster(location.clusterDir) === pid) {
    if (performance.now() > deadline)
      throw new SetupError(
        `Postgres (process ${pid}) does not stop. End it by hand, then start again: kill -QUIT ${pid}`,
      );
    await sleep(50);
  }
}

/**
 * Postgres refuses to start while the recorded pid is alive, although after a crash it may belong
 * to some other program of ours.
 */
function forgetReusedPid(clusterDir: string): void {
  const pid = readPostmasterFile(clusterDir)?.pid;
  if (pid !== undefined && identifyProcess(pid) !== undefined)
    rmSync(join(clusterDir, 'postmaster.pid'));
}

/** The pid of the server that runs on this cluster, if one does. */
export function runningPostmaster(clusterDir: string): number | undefined {
  const pid = readPostmasterFile(clusterDir)?.pid;
  if (pid === undefined) return undefined;
  const command = identifyProcess(pid)?.command ?? '';
  return command.includes('postgres') && command.includes(clusterDir) ? pid : undefined;
}
