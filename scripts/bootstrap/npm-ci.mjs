import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SetupFault } from './setup-fault.mjs';

const heartbeatMs = 15_000;
const timeoutMs = 30 * 60_000;
const keptOutputCharacters = 20_000;
const pipeGraceMs = 2_000;
const guard = fileURLToPath(new URL('npm-guard.mjs', import.meta.url));

// Tools are development dependencies and the platform's Node and Postgres are optional ones: both
// are needed whatever NODE_ENV or the user's npm settings say. Without network npm would otherwise
// try for minutes before it says so.
const flags = [
  ...[
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ],
  ...['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'],
];

/**
 * Finds npm: the one that runs this script, or else the one on PATH.
 * @returns {readonly string[]} the command and its first arguments
 * @throws SetupFault when there is none, or it is older than version 10
 */
export function findNpm() {
  const script = process.env.npm_execpath;
  const command =
    script !== undefined && script.endsWith('npm-cli.js') ? [process.execPath, script] : ['npm'];
  requireNpm10(command);
  return command;
}

function requireNpm10([command, ...args]) {
  let version;
  try {
    version = execFileSync(command, [...args, '--version'], {
      encoding: 'utf8',
      shell: process.platform === 'win32' && command === 'npm',
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    throw new SetupFault(
      'npm, which installs the dependencies, is not on PATH. It comes with Node from https://nodejs.org.',
    );
  }
  if (Number(version.split('.')[0]) < 10)
    throw new SetupFault(
      `npm 10 or later is needed to install the dependencies; this is ${version}. Run "npm install --global npm@11" and try again.`,
    );
}

/**
 * Runs `npm ci` to its end. When it is interrupted, npm is stopped and waited for first.
 * @param {readonly string[]} npm the command, from `findNpm`
 * @param {string} root the checkout
 * @param {AbortSignal} interruption
 * @param {(pid: number) => void} onStart receives the pid of npm
 * @returns {Promise<string | undefined>} the output of npm when it failed, otherwise `undefined`
 * @throws the reason of the interruption
 */
export async function npmCi(npm, root, interruption, onStart) {
  interruption.throwIfAborted();
  const startedAtMs = performance.now();
  const seconds = () => `${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`;
  const running = spawn(process.execPath, [guard, ...npm, 'ci', ...flags], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  let npmPid;
  for (const stream of [running.stdout, running.stderr])
    stream.on('data', (chunk) => (output = (output + chunk).slice(-keptOutputCharacters)));
  running.once('message', ({ pid }) => {
    npmPid = pid;
    try {
      onStart(pid);
    } catch (error) {
      // The lock goes on without the pid, which matters only when both this process and the guard
      // are killed.
      output += error.message;
    }
  });
  const stop = () => running.connected && running.disconnect();
  const timeout = setTimeout(() => {
    output += `\nnpm ci did not end within ${timeoutMs / 60_000} minutes.`;
    stop();
  }, timeoutMs);
  const heartbeat = setInterval(
    () => console.error(`  still installing, ${seconds()}`),
    heartbeatMs,
  );
  interruption.addEventListener('abort', stop, { once: true });
  const code = await ended(running, (text) => (output += text));
  clearInterval(heartbeat);
  clearTimeout(timeout);
  interruption.removeEventListener('abort', stop);
  if (code !== 0) endLeftovers(npmPid);
  interruption.throwIfAborted();
  return code === 0 ? undefined : output;
}

function ended(running, say) {
  return new Promise((resolve) => {
    running.once('error', (error) => {
      say(error.message);
      resolve(1);
    });
    let timer;
    running.once('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
    // An orphaned process may hold the pipes open; do not wait for it.
    running.once('exit', (code) => (timer = setTimeout(resolve, pipeGraceMs, code)));
  });
}

/** When the guard itself was killed, npm is still there; its group is that of its pid. */
function endLeftovers(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
