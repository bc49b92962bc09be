/**
 * Interrupts the first install of a clean clone at random moments, and looks what is left: nothing
 * may run any more, and the next start must install everything and run.
 *
 *   node bench/first-install/interrupt.ts [--rounds 20] [--seed 1] [--record]
 *
 * Needs git, npm and a package registry, or an npm cache that holds everything. Each round is
 * `npm start` in a process group of its own, which is what a shell makes of it, on what the round
 * before has left; every fourth round is followed by a start that is left alone, and begins with no
 * node_modules the time after. Signals go to the whole group, as a terminal sends them, or to npm
 * alone, as a service manager does. (A SIGINT to npm alone is kept by the shell that npm runs
 * scripts in.)
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOptions, wholeNumber } from '../measure/options.ts';
import { machine, publish, table, today } from '../measure/environment.ts';

type Round = {
  readonly afterMs: number;
  readonly signal: NodeJS.Signals;
  readonly to: 'group' | 'npm';
  readonly end: string;
  readonly left: number;
  readonly next: string;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const endTimeoutMs = 30_000;
const installTimeoutMs = 600_000;
const options = readOptions({
  rounds: { type: 'string', default: '20' },
  seed: { type: 'string', default: '1' },
  record: { type: 'boolean', default: false },
});
const rounds = wholeNumber('--rounds', options.rounds, 1, 1_000);
let state = wholeNumber('--seed', options.seed, 0, 2 ** 31);

const folder = mkdtempSync(join(tmpdir(), 'sluice-first-install-'));
const clone = join(folder, 'sluice');
const ways: readonly (readonly [NodeJS.Signals, Round['to']])[] = [
  ['SIGINT', 'group'],
  ['SIGKILL', 'npm'],
  ['SIGTERM', 'npm'],
  ['SIGHUP', 'group'],
];
const done: Round[] = [];
try {
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone]);
  const wholeMs = await timed(() => start());
  console.log(`an uninterrupted install takes ${(wholeMs / 1000).toFixed(1)} s`);
  for (let round = 0; round < rounds; round++) {
    const way = ways[round % ways.length] ?? (['SIGINT', 'group'] as const);
    const isFollowed = round % 4 === 3 || round === rounds - 1;
    if (round % 4 === 0) rmSync(join(clone, 'node_modules'), { recursive: true, force: true });
    const result = await interrupt(Math.round(random() * wholeMs), ...way, isFollowed);
    done.push(result);
    console.log(JSON.stringify(result));
  }
  const faults = done.filter(({ left, next }) => left > 0 || !['ran', '–'].includes(next)).length;
  publish('first-install', report(wholeMs, faults), options.record);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function interrupt(
  afterMs: number,
  signal: NodeJS.Signals,
  to: Round['to'],
  isFollowed: boolean,
): Promise<Round> {
  const npm = spawn('npm', ['start', '--', '--empty'], {
    cwd: clone,
    detached: true,
    stdio: 'ignore',
    env: environment(),
  });
  const ended = once(npm, 'exit', { signal: AbortSignal.timeout(afterMs + endTimeoutMs) }).then(
    ([code, by]: unknown[]) => String(by ?? code),
    () => 'never',
  );
  await sleep(afterMs);
  const pid = npm.pid ?? 0;
  if (npm.exitCode === null && npm.signalCode === null)
    process.kill(to === 'group' ? -pid : pid, signal);
  const end = await ended;
  // The bootstrap notices the end of npm within half a second, and npm ci has five seconds to end.
  const deadline = performance.now() + 10_000;
  while (runningIn(clone).length > 0 && performance.now() < deadline) await sleep(100);
  const left = runningIn(clone);
  for (const orphan of left) process.kill(orphan, 'SIGKILL');
  const next = isFollowed
    ? await start().then(
        () => 'ran',
        (fault: unknown) => String(fault),
      )
    : '–';
  return { afterMs, signal, to, end, left: left.length, next };
}

/** A start that is quick once everything is installed. */
async function start(): Promise<void> {
  const args = [join(clone, 'scripts', 'bootstrap.mjs'), 'scripts/complete-lockfile.ts', '--check'];
  const child = spawn('node', args, {
    cwd: clone,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment(),
    timeout: installTimeoutMs,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the next start failed: ${said}`);
}

/** Without what the npm that runs this has set. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('npm_') || name === 'npm_config_cache',
  );
  return {
    ...Object.fromEntries(own),
    PATH: (process.env['PATH'] ?? '')
      .split(':')
      .filter((path) => !path.includes('node_modules'))
      .join(':'),
  };
}

function runningIn(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(path);
      } catch {
        return false;
      }
    });
}

async function timed(act: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** A linear congruential generator (Numerical Recipes): the same moments for the same seed. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

function report(wholeMs: number, faults: number): string {
  const rows = done.map(({ afterMs, signal, to, end, left, next }) => [
    (afterMs / 1000).toFixed(1),
    signal,
    to,
    end,
    left,
    next,
  ]);
  const heads = [
    'after, s',
    'signal',
    'to',
    'npm start ended with',
    'processes left',
    'next start',
  ];
  return `# Interruptions of the first install\n\n${today()}, ${machine()}, seed ${options.seed}. An uninterrupted install took ${(wholeMs / 1000).toFixed(1)} s.\n${faults} of ${done.length} rounds left a process running, or an installation that the next start could not repair.\n\n${table(heads, rows)}\n`;
}
