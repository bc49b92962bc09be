/**
 * Runs a command, and stands between it and the bootstrap so that it never outlives the bootstrap:
 * the kernel closes the IPC channel however the bootstrap ends, and the command is ended then. Both
 * are in sessions of their own, so that Ctrl-C in a terminal reaches only the bootstrap, which
 * waits until everything has ended.
 *
 *     node npm-guard.mjs <command> [arguments]
 */
import { spawn } from 'node:child_process';

const graceMs = 5_000;
const [command, ...args] = process.argv.slice(2);
const isWindows = process.platform === 'win32';
const child = spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  detached: !isWindows,
  shell: isWindows,
});

function signalGroup(signal) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (isWindows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The command has just ended.
  }
}

function stop() {
  signalGroup('SIGTERM');
  setTimeout(signalGroup, graceMs, 'SIGKILL');
}

child.once('spawn', () => process.connected && process.send({ pid: child.pid }, () => {}));
child.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once('exit', (code) => process.exit(code ?? 1));
process.once('disconnect', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
// The bootstrap may have ended before this line ran; then there is no event.
if (!process.connected) stop();
