import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainNpmFailure } from './explain-npm-failure.mjs';
import { SetupFault } from './setup-fault.mjs';

const heartbeatMs = 15_000;
const keptOutputCharacters = 20_000;

/**
 * Makes sure that `node_modules` is what `package-lock.json` says, running `npm ci` when it is not.
 * @param {string} root the checkout
 */
export async function ensureInstalled(root) {
  if (isInstalled(root)) return;
  const npm = findNpm();
  requireNpm10(npm);
  requireWritable(root);
  await npmCi(npm, root);
}

/**
 * Whether the packages that npm says it installed are those of the lockfile. npm writes its own record when an install is
 * complete, so an interrupted one does not count; packages for other platforms are optional and may be absent.
 * @param {string} root the checkout
 */
export function isInstalled(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = packagesIn(join(root, 'package-lock.json'));
  const installed = packagesIn(record);
  return (
    Object.entries(installed).every(([path, { version, integrity }]) => wanted[path] !== undefined && wanted[path].version === version && wanted[path].integrity === integrity) &&
    Object.entries(wanted).every(([path, { optional, peer }]) => path === '' || optional || peer || installed[path] !== undefined)
  );
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch (error) {
    throw new SetupFault(`Cannot read ${file}: ${error.message}\nRestore it (git checkout package-lock.json) or remove node_modules, then try again.`);
  }
}

/** The npm that runs this script, or else the one on PATH. */
function findNpm() {
  const script = process.env.npm_execpath;
  if (script !== undefined && script.endsWith('npm-cli.js')) return { command: process.execPath, args: [script], shell: false };
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

function requireNpm10({ command, args, shell }) {
  let version;
  try {
    version = execFileSync(command, [...args, '--version'], { encoding: 'utf8', shell, timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    throw new SetupFault('npm is not on PATH, and it is needed to install the dependencies. It comes with Node from https://nodejs.org.');
  }
  if (Number(version.split('.')[0]) < 10) throw new SetupFault(`npm 10 or later is needed to install the dependencies; this is ${version}. Run "npm install --global npm@11" and try again.`);
}

function requireWritable(root) {
  try {
    accessSync(root, constants.W_OK);
  } catch (error) {
    throw new SetupFault(`The dependencies cannot be installed: ${root} cannot be written (${error.code}).\nUse a checkout that belongs to you, on a disk that can be written.`);
  }
}

async function npmCi({ command, args, shell }, root) {
  const startedAtMs = performance.now();
  const seconds = () => `${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`;
  console.error('Installing the dependencies with npm ci. This happens once, and again when they change.');
  // Tools are development dependencies and the platform's Node and Postgres are optional ones: both are needed whatever
  // NODE_ENV or the user's npm settings say. Without network npm would otherwise try for minutes before it says so.
  const flags = ['--include=dev', '--include=optional', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000', '--loglevel=error'];
  const npm = spawn(command, [...args, 'ci', ...flags], { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => (output = (output + chunk).slice(-keptOutputCharacters)));
  const heartbeat = setInterval(() => console.error(`  still installing, ${seconds()}`), heartbeatMs);
  const code = await new Promise((resolve) => {
    npm.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    npm.once('close', resolve);
  });
  clearInterval(heartbeat);
  if (code !== 0) throw new SetupFault(explainNpmFailure(output));
  console.error(`Installed the dependencies in ${seconds()}.`);
}
