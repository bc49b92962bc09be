import {
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeProcess, isStillRunning } from './process-table.mjs';
import { SetupFault } from './setup-fault.mjs';

const pollMs = 200;
const heartbeatMs = 15_000;
const orphanGraceMs = 10_000;
const timeoutMs = 30 * 60_000;

/**
 * Runs `work` while no other process holds the same lock. The owner is recorded with the time it
 * was started, so that the lock of a process that has died, or whose pid was given to another one,
 * is taken over.
 *
 * A lock is a file `<generation>.lock` in `folder`; the highest generation counts. It is created by
 * `link`, which fails when the file exists, so that of several processes that find the owner dead
 * only one creates the next generation. One that was slow, and created a generation below the
 * highest, withdraws.
 * @template T
 * @param {string} folder for the files of this lock
 * @param {AbortSignal} interruption ends the wait
 * @param {(lock: { noteChild(pid: number): void }) => Promise<T>} work `noteChild` records the
 * process that does the work,
 *   which is ended when the lock is taken over from an owner that was killed
 * @returns {Promise<T>}
 * @throws SetupFault when the lock is not free within half an hour; the reason of the interruption
 */
export async function withInstallLock(folder, interruption, work) {
  mkdirSync(folder, { recursive: true });
  const own = join(folder, `own-${process.pid}`);
  const record = { pid: process.pid, startedAt: describeProcess(process.pid)?.startedAt };
  const write = (content) => writeFileSync(own, JSON.stringify(content));
  const path = await acquire(folder, interruption, (target) => {
    write(record);
    try {
      linkSync(own, target);
    } catch (error) {
      if (!isWithoutLinks(error)) throw error;
      writeFileSync(target, JSON.stringify(record), { flag: 'wx' });
    } finally {
      rmSync(own, { force: true });
    }
  });
  try {
    return await work({
      noteChild: (pid) => {
        write({ ...record, child: { pid, startedAt: describeProcess(pid)?.startedAt } });
        renameSync(own, path);
      },
    });
  } finally {
    rmSync(path, { force: true });
    rmSync(own, { force: true });
  }
}

async function acquire(folder, interruption, create) {
  const deadline = performance.now() + timeoutMs;
  let nextHeartbeat = 0;
  let waitsFor;
  for (;;) {
    if (interruption.aborted) throw waitEnded(interruption.reason, waitsFor);
    const highest = generationsIn(folder).at(-1);
    const owner = highest === undefined ? undefined : readOwner(pathOf(folder, highest));
    if (owner !== undefined && isStillRunning(owner)) {
      waitsFor = owner.pid;
      if (performance.now() > deadline)
        throw new SetupFault(
          `Process ${owner.pid} has been installing the dependencies for too long. End it, then try again.`,
        );
      if (performance.now() >= nextHeartbeat) {
        console.error(
          `Another process (${owner.pid}) installs the dependencies. Waiting until it has finished.`,
        );
        nextHeartbeat = performance.now() + heartbeatMs;
      }
      await sleep(pollMs, undefined, { signal: interruption }).catch(() => {});
      continue;
    }
    const generation = (highest ?? 0) + 1;
    if (!isCreated(create, pathOf(folder, generation))) continue;
    const all = generationsIn(folder);
    if (all.at(-1) !== generation) {
      rmSync(pathOf(folder, generation), { force: true });
      continue;
    }
    await endOrphan(owner?.child);
    for (const earlier of all.slice(0, -1)) rmSync(pathOf(folder, earlier), { force: true });
    return pathOf(folder, generation);
  }
}

/** Notes for the message of an interruption that this process only waited. */
function waitEnded(reason, waitsFor) {
  if (waitsFor !== undefined) reason.installer = waitsFor;
  return reason;
}

/** Some file systems have no hard links. */
function isWithoutLinks({ code }) {
  return code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS';
}

function isCreated(create, path) {
  try {
    create(path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetupFault(
      `The dependencies cannot be installed: ${path} cannot be written (${error.code}).`,
    );
  }
}

function pathOf(folder, generation) {
  return join(folder, `${generation}.lock`);
}

function generationsIn(folder) {
  return readdirSync(folder)
    .filter((name) => /^\d+\.lock$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((one, other) => one - other);
}

/**
 * Gives `undefined` for a file that has just been removed, or that holds no owner: a full disk cuts
 * files off.
 */
function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(owner?.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ends the installer of an owner that was killed together with its guard: two installers in one
 * folder would damage it.
 */
async function endOrphan(child) {
  const deadline = performance.now() + orphanGraceMs;
  while (isStillRunning(child)) {
    if (performance.now() > deadline)
      throw new SetupFault(
        `Process ${child.pid}, which an earlier start left behind, does not end. End it, then try again: kill -9 ${child.pid}`,
      );
    try {
      process.kill(child.pid, 'SIGTERM');
    } catch {
      // It has just ended.
    }
    await sleep(pollMs);
  }
}
