import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const parentCheckMs = 500;

/**
 * Runs a script on the given Node and ends as it ends: with its exit code, or by its signal. Signals are passed on. The
 * script holds an IPC channel to this process: when this process is killed the channel closes, and the script stops by
 * itself (see `scripts/process/stop-request.ts`), so nothing is left behind.
 * @param {{ node: string, script: string, args: readonly string[], root: string }} options
 */
export async function runScript({ node, script, args, root }) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [script, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...process.env, PATH: path } });
  const passOn = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  const watch = watchNpm(() => child.connected && child.disconnect());

  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...ended) => resolve(ended));
  });
  clearInterval(watch);
  for (const name of signals) process.off(name, passOn);
  if (signal === null) process.exitCode = code;
  else process.kill(process.pid, signal);
}

/**
 * When npm started us and npm is killed, nobody is left to stop us: calls `onGone` then. Otherwise nothing is watched, because
 * a shell or a service manager may well end before us.
 */
function watchNpm(onGone) {
  const npm = npmPid();
  if (npm === undefined) return undefined;
  return setInterval(() => {
    if (!isAlive(npm)) onGone();
  }, parentCheckMs);
}

/** npm runs a script through a shell, which some shells leave in between and others replace by the script. */
function npmPid() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return undefined;
  try {
    const parent = describeProcess(process.ppid);
    return / -c /.test(parent.command) ? parent.ppid : process.ppid;
  } catch {
    return undefined;
  }
}

/** Linux answers from /proc, because slim images carry no `ps`. */
function describeProcess(pid) {
  if (process.platform === 'linux') {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { ppid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
  }
  const [ppid, ...command] = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim().split(/\s+/);
  return { ppid: Number(ppid), command: command.join(' ') };
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
