import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from '@jest/globals';
import { identifyProcess } from '../process/process-identity.ts';
import { waitUntil } from '../process/wait-until.ts';
import {
  checkout,
  nodePackages,
  removeCheckouts,
  run,
  version,
  write,
  writeRecord,
} from './testing/checkout.ts';

afterAll(removeCheckouts);

describe('the bootstrap', () => {
  it('runs a TypeScript script on the pinned Node with its arguments, and ends with its exit code', () => {
    const root = checkout(
      'plain',
      'const words: string[] = process.argv.slice(2); console.log(process.execPath, words); process.exitCode = 5;',
    );
    const { status, stdout, stderr } = run(root, { args: ['--flag', 'two words'] });
    expect(stdout).toBe(`${process.execPath} [ '--flag', 'two words' ]\n`);
    expect(stderr).toBe('');
    expect(status).toBe(5);
  });

  it('ends by the signal that ended the script', () => {
    const root = checkout(
      'signalled',
      "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);",
    );
    expect(run(root).signal).toBe('SIGKILL');
  });

  it('passes signals on, and leaves no script behind when it is killed', async () => {
    const root = checkout(
      'stopping',
      "import { untilAskedToStop } from './process/stop-request.ts'; const timer = setInterval(() => {}, 1000); const reason = untilAskedToStop(); console.log(process.pid); console.log(await reason); clearInterval(timer); process.exitCode = 3;",
    );
    const start = async () => {
      const bootstrap = spawn(
        process.execPath,
        [join(root, 'scripts', 'bootstrap.mjs'), 'scripts/script.ts'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
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
    expect(stderr).toMatch(
      new RegExp(`^Sluice runs on Node ${version}, but .* is v24\\.0\\.0\\. Remove node_modules`),
    );
    expect(status).toBe(1);
  });

  it('reports that the pinned Node is missing and the installed one too old', () => {
    const root = checkout('no-node', '', '99.0.0');
    for (const id of nodePackages) rmSync(join(root, 'node_modules', id), { recursive: true });
    writeRecord(root, {});
    // npm leaves out what is for another system, so the second attempt changes nothing.
    expect(run(root).stderr).toMatch(
      /^Installing the dependencies[^\n]*\nInstalled[^\n]*\nSluice runs on Node 99\.0\.0, and the one that npm installs cannot be used here: .*ENOENT[\s\S]*install Node 99/,
    );
  });

  it('uses the installed Node when that is new enough', () => {
    const root = checkout('own-node', 'console.log(process.version);');
    for (const id of nodePackages) rmSync(join(root, 'node_modules', id), { recursive: true });
    writeRecord(root, {});
    expect(run(root).stdout).toBe(`${process.version}\n`);
  });
});

describe('installing the dependencies', () => {
  it('happens only when they are missing or the lockfile changed', () => {
    const root = checkout('fresh', "console.log('ran');");
    write(
      join(root, 'vendor', 'thing', 'package.json'),
      JSON.stringify({ name: 'thing', version: '1.0.0' }),
    );
    write(
      join(root, 'package.json'),
      JSON.stringify({
        name: 'fresh',
        version: '1.0.0',
        dependencies: { thing: 'file:vendor/thing' },
      }),
    );
    const packages = {
      '': { name: 'fresh', version: '1.0.0', dependencies: { thing: 'file:vendor/thing' } },
      'node_modules/thing': { resolved: 'vendor/thing', link: true },
      'vendor/thing': { name: 'thing', version: '1.0.0' },
    };
    write(
      join(root, 'package-lock.json'),
      JSON.stringify({ name: 'fresh', version: '1.0.0', lockfileVersion: 3, packages }),
    );

    const first = run(root);
    expect(first.stderr).toMatch(
      /^Installing the dependencies with npm ci.*\nInstalled the dependencies in \d+ s\.\n/,
    );
    expect(existsSync(join(root, 'node_modules', 'thing'))).toBe(true);
    expect(first.stdout).toBe('ran\n');
    expect(run(root).stderr).toBe('');
  });

  it('explains a failure, with the output of npm', () => {
    const root = checkout('broken', '');
    write(
      join(root, 'vendor', 'thing', 'package.json'),
      JSON.stringify({ name: 'thing', version: '1.0.0' }),
    );
    write(
      join(root, 'package.json'),
      JSON.stringify({
        name: 'broken',
        version: '1.0.0',
        dependencies: { thing: 'file:vendor/thing' },
      }),
    );
    write(
      join(root, 'package-lock.json'),
      JSON.stringify({
        name: 'broken',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: { '': { name: 'broken', version: '1.0.0' } },
      }),
    );
    rmSync(join(root, 'node_modules'), { recursive: true });
    const { status, stderr } = run(root);
    expect(stderr).toMatch(
      /package\.json and package-lock\.json do not match[\s\S]*npm said:[\s\S]*EUSAGE/,
    );
    expect(status).toBe(1);
  });

  it('explains a lockfile that cannot be read', () => {
    const root = checkout('unreadable', '');
    write(join(root, 'package-lock.json'), '<<<<<<< conflict');
    expect(run(root).stderr).toMatch(
      /^Cannot read .*package-lock\.json: .*JSON[\s\S]*git checkout package-lock\.json/,
    );
  });
});

describe('arguments of the bootstrap', () => {
  it.each([
    ['start.ts', ['--help'], /^Starts Sluice on this machine/],
    ['start.ts', ['--empty', '-h'], /^Starts Sluice on this machine/],
    ['test.ts', ['--help'], /^Checks and tests everything/],
    ['test.ts', ['packages/router', '--help'], /^Checks and tests everything/],
  ])('that ask for help, %s %j, are answered before the install', (script, args, help) => {
    const root = checkout(`help-${script}-${args.length}`, '');
    rmSync(join(root, 'node_modules'), { recursive: true });
    const { status, stdout, stderr } = run(root, { script, args });
    expect(stdout).toMatch(help);
    expect([stderr, status, existsSync(join(root, 'node_modules'))]).toEqual(['', 0, false]);
  });

  it.each([
    ['start.ts', '--epmty', '"--epmty" is not known. Try: npm start -- --help\n'],
    ['start.ts', 'empty', '"empty" is not known. Try: npm start -- --help\n'],
    ['test.ts', '--watch', '"--watch" is not known. Try: npm test -- --help\n'],
    ['test.ts', '-t', '-t needs a value. Try: npm test -- --help\n'],
    [
      'test.ts',
      'router(',
      '"router(" is not a regular expression: Invalid regular expression: /router(/: Unterminated group. Try: npm test -- --help\n',
    ],
  ])('of %s that are invalid are refused before the install: %s', (script, arg, fault) => {
    const root = checkout(`fault-${script}-${arg.replace(/\W/g, '')}`, '');
    rmSync(join(root, 'node_modules'), { recursive: true });
    const { status, stderr } = run(root, { script, args: [arg] });
    expect([stderr, status, existsSync(join(root, 'node_modules'))]).toEqual([fault, 1, false]);
  });
});
