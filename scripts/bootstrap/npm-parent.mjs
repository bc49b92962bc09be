import { describeProcess } from './process-table.mjs';

const parentCheckMs = 500;

/**
 * When npm started this process and npm is killed, nothing else can stop it: calls `onGone` then.
 * Otherwise nothing is watched, because a shell or a service manager may well end before us.
 * @param {() => void} onGone called at most once
 * @returns {() => void} ends the watch
 */
export function watchNpm(onGone) {
  const npm = npmPid();
  if (npm === undefined) return () => {};
  const timer = setInterval(() => {
    if (isAlive(npm)) return;
    clearInterval(timer);
    onGone();
  }, parentCheckMs);
  return () => clearInterval(timer);
}

/**
 * npm runs a script through a shell, which some shells leave in between and others replace by the
 * script.
 */
function npmPid() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32')
    return undefined;
  const parent = describeProcess(process.ppid);
  if (parent === undefined) return undefined;
  return / -c /.test(parent.command) ? parent.ppid : process.ppid;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
