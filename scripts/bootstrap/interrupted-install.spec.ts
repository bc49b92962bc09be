import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { identifyProcess } from '../process/process-identity.ts';
import { waitUntil } from '../process/wait-until.ts';
import { describeProcess } from './process-table.mjs';
import { checkout, ownEnvironment, removeCheckouts, run } from './testing/checkout.ts';

const slowNpm = fileURLToPath(new URL('fixtures/slow-npm/npm-cli.js', import.meta.url));
const locks = join('.cache', 'install');

afterAll(removeCheckouts);

/** A checkout whose dependencies have to be installed. */
function uninstalled(name: string): string {
  const root = checkout(name, "console.log('ran');");
  copyFileSync(join(root, 'node_modules', '.package-lock.json'), join(root, 'record.json'));
  rmSync(join(root, 'node_modules', '.package-lock.json'));
  return root;
}

/** A start of the bootstrap in a process group of its own, as a shell starts a job. */
class Start {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown[]>;
  said = '';

  constructor(root: string, env: Readonly<Record<string, string>>) {
    const settings = { ...ownEnvironment(), npm_execpath: slowNpm, ...env };
    this.process = spawn(
      process.execPath,
      [join(root, 'scripts', 'bootstrap.mjs'), 'scripts/script.ts'],
      { detached: true, env: settings, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    this.ended = once(this.process, 'close');
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }
}

function installs(root: string): string[] {
  const log = join(root, 'installs.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
}

async function npmOf(root: string, turn = 1): Promise<number> {
  const begun = (): string[] => installs(root).filter((line) => line.startsWith('begin'));
  await waitUntil('npm installs', () => begun().length >= turn);
  return Number(begun()[turn - 1]?.split(' ')[1]);
}

const isGone = (pid: number): boolean => identifyProcess(pid) === undefined;

describe('an install that is interrupted', () => {
  // A terminal signals the whole group of processes, a service manager only the one that it
  // started.
  it.each([
    ['SIGINT', 'the group'],
    ['SIGINT', 'the process'],
    ['SIGTERM', 'the process'],
    ['SIGHUP', 'the group'],
  ] as const)(
    'by %s to %s ends npm, waits for its end, and ends by that signal; the next start works',
    async (signal, to) => {
      const root = uninstalled(`interrupted-${signal}-${to.replace(' ', '-')}`);
      const start = new Start(root, { SLOW_NPM_MS: '60000' });
      const npm = await npmOf(root);
      process.kill(to === 'the group' ? -start.pid : start.pid, signal);
      expect(await start.ended).toEqual([null, signal]);
      expect(isGone(npm)).toBe(true);
      expect(start.said).toContain(
        'Interrupted while the dependencies were being installed. The next start installs them from the beginning.',
      );
      expect(readdirSync(join(root, locks))).toEqual([]);
      expect(run(root, { env: { npm_execpath: slowNpm, SLOW_NPM_MS: '0' } })).toMatchObject({
        status: 0,
        stdout: 'ran\n',
      });
    },
  );

  it('kills an npm that ignores the signal', async () => {
    const root = uninstalled('deaf');
    const start = new Start(root, { SLOW_NPM_MS: '60000', SLOW_NPM_DEAF: '1' });
    const npm = await npmOf(root);
    start.process.kill('SIGINT');
    expect(await start.ended).toEqual([null, 'SIGINT']);
    expect(isGone(npm)).toBe(true);
  });

  it('by SIGKILL leaves no npm running', async () => {
    const root = uninstalled('killed');
    const start = new Start(root, { SLOW_NPM_MS: '60000' });
    const npm = await npmOf(root);
    start.process.kill('SIGKILL');
    await waitUntil('npm is gone', () => isGone(npm));
  });

  it('by SIGKILL, its guard too, is ended by the next start, which installs', async () => {
    const root = uninstalled('orphaned');
    const start = new Start(root, { SLOW_NPM_MS: '60000' });
    const npm = await npmOf(root);
    await waitUntil('the lock names npm', () =>
      readdirSync(join(root, locks)).some((name) =>
        readFileSync(join(root, locks, name), 'utf8').includes(`"pid":${npm}`),
      ),
    );
    const guard = describeProcess(npm)?.ppid ?? 0;
    process.kill(start.pid, 'SIGSTOP');
    process.kill(guard, 'SIGKILL');
    process.kill(start.pid, 'SIGKILL');
    await start.ended;
    expect(isGone(npm)).toBe(false);
    expect(run(root, { env: { npm_execpath: slowNpm, SLOW_NPM_MS: '0' } })).toMatchObject({
      status: 0,
      stdout: 'ran\n',
    });
    expect(isGone(npm)).toBe(true);
  });

  it('by the end of the npm that started it ends as well', async () => {
    const root = uninstalled('npm-gone');
    const source = `const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(join(root, 'scripts', 'bootstrap.mjs'))}, 'scripts/script.ts'], { stdio: 'ignore' }); console.log(child.pid); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', source], {
      env: {
        ...process.env,
        npm_lifecycle_event: 'start',
        npm_execpath: slowNpm,
        SLOW_NPM_MS: '60000',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    const npm = await npmOf(root);
    parent.kill('SIGKILL');
    await waitUntil('all are gone', () => isGone(npm) && isGone(Number(String(pid))));
  });
});

describe('several starts at once', () => {
  it('install once: the others print that they wait, and then run', async () => {
    const root = uninstalled('several');
    const first = new Start(root, { SLOW_NPM_MS: '1500' });
    await npmOf(root);
    const others = [
      new Start(root, { SLOW_NPM_MS: '0' }),
      new Start(root, { SLOW_NPM_MS: '0' }),
      new Start(root, { SLOW_NPM_MS: '0' }),
    ];
    for (const start of [first, ...others])
      expect([await start.ended, start.said]).toEqual([
        [0, null],
        expect.stringContaining('ran\n'),
      ]);
    for (const { said } of others)
      expect(said).toContain(
        `Another process (${first.pid}) installs the dependencies. Waiting until it has finished.`,
      );
    expect(installs(root).map((line) => line.split(' ')[0])).toEqual(['begin', 'end']);
  });

  it('that begin at the same time install one after the other', async () => {
    const root = uninstalled('same-moment');
    const starts = Array.from({ length: 6 }, () => new Start(root, { SLOW_NPM_MS: '300' }));
    for (const start of starts)
      expect([await start.ended, start.said]).toEqual([
        [0, null],
        expect.stringContaining('ran\n'),
      ]);
    expect(installs(root).map((line) => line.split(' ')[0])).toEqual(['begin', 'end']);
  });

  it('go on when the one that installs is killed, and one that waits can be interrupted', async () => {
    const root = uninstalled('handed-over');
    const first = new Start(root, { SLOW_NPM_MS: '60000' });
    await npmOf(root);
    const second = new Start(root, { SLOW_NPM_MS: '0' });
    const third = new Start(root, { SLOW_NPM_MS: '0' });
    await waitUntil('both wait', () =>
      [second, third].every(({ said }) => said.includes('Waiting')),
    );
    third.process.kill('SIGINT');
    expect(await third.ended).toEqual([null, 'SIGINT']);
    expect(third.said).toContain(
      `Stopped waiting; process ${first.process.pid} goes on installing.`,
    );
    expect(third.said).not.toContain('Interrupted');
    first.process.kill('SIGKILL');
    expect([await second.ended, second.said]).toEqual([
      [0, null],
      expect.stringContaining('ran\n'),
    ]);
  });

  it.each([
    ['of a process that has ended', JSON.stringify({ pid: 999_999_999, startedAt: '1' })],
    [
      'of a pid that was given to another process',
      JSON.stringify({ pid: process.pid, startedAt: '1' }),
    ],
    ['that was cut off', '{"pid":'],
    ['of no process', JSON.stringify({ pid: -1 })],
  ])('take over a lock %s', (name, content) => {
    const root = uninstalled(`stale-${name.replaceAll(' ', '-')}`);
    mkdirSync(join(root, locks), { recursive: true });
    writeFileSync(join(root, locks, '7.lock'), content);
    expect(run(root, { env: { npm_execpath: slowNpm, SLOW_NPM_MS: '0' } })).toMatchObject({
      status: 0,
      stdout: 'ran\n',
    });
    expect(readdirSync(join(root, locks))).toEqual([]);
  });
});

it('a tree that npm cannot repair is removed, and installed again', () => {
  const root = uninstalled('stuck');
  writeFileSync(join(root, 'node_modules', '.stuck'), '');
  // The slow npm keeps the packages where a real one would fetch them.
  const { stderr } = run(root, { env: { npm_execpath: slowNpm, SLOW_NPM_MS: '0' } });
  expect(stderr).toContain(
    'node_modules is damaged and npm cannot repair it: removing it and installing again',
  );
  expect(installs(root).map((line) => line.split(' ')[0])).toEqual(['begin', 'begin', 'end']);
});
