import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { watchNpm } from './npm-parent.mjs';

/**
 * Runs a script on the given Node and ends as it ends: with its exit code, or by its signal.
 * The script imports the packages of this repository from their source, so it needs no build.
 * Signals are passed on. The script holds an IPC channel to this process: when this process is
 * killed the channel closes, and the script stops by itself (see
 * `scripts/process/stop-request.ts`), so no process stays behind.
 * @param {{ node: string, script: string, args: readonly string[], root: string }} options
 */
export async function runScript({ node, script, args, root }) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, ['--conditions=sluice-source', script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: path },
  });
  const passOn = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  const unwatch = watchNpm(() => child.connected && child.disconnect());

  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...ended) => resolve(ended));
  });
  unwatch();
  for (const name of signals) process.off(name, passOn);
  if (signal === null) process.exitCode = code;
  else process.kill(process.pid, signal);
}
