import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readPostmasterFile } from '../embedded/postmaster.ts';
import { removePostgresData } from '../embedded/postgres-location.ts';
import { freePort, isPortFree } from '../process/ports.ts';
import { waitUntil } from '../process/wait-until.ts';

const script = fileURLToPath(new URL('../start.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-start-'));
const dataDir = join(folder, 'data');
const ports: Record<string, number> = {};
const patienceMs = 60_000;

let start: ChildProcess | undefined;
let output = '';

beforeAll(async () => {
  // As root, Postgres runs as another account, which has to pass through here.
  chmodSync(folder, 0o711);
  for (const name of ['PROXY', 'ADMIN', 'STREAM', 'STATUS']) ports[name] = await freePort();
  // The demo takes two ports in a row.
  do ports['DEMO'] = await freePort();
  while (!(await isPortFree(ports['DEMO'] + 1)));
});

const encryptionKey = randomBytes(32).toString('base64');

afterEach(async () => {
  if (start !== undefined && start.exitCode === null && start.signalCode === null) {
    start.kill('SIGTERM');
    await once(start, 'exit');
  }
});

afterAll(() => {
  removePostgresData(join(dataDir, 'postgres'));
  rmSync(folder, { recursive: true, force: true });
});

function launch(...args: string[]): ChildProcess {
  const env = {
    ...process.env,
    SLUICE_DATA_DIR: dataDir,
    SLUICE_ENCRYPTION_KEY: encryptionKey,
    ...Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [`SLUICE_${name}_PORT`, String(port)]),
    ),
  };
  const launched = spawn(process.execPath, [script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  output = '';
  for (const stream of [launched.stdout, launched.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  start = launched;
  return launched;
}

async function untilItSays(text: string, from: ChildProcess): Promise<void> {
  await waitUntil(
    `"${text}" is said`,
    () => output.includes(text) || from.exitCode !== null,
    patienceMs,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${output}`);
  });
  if (!output.includes(text)) throw new Error(`npm start ended:\n${output}`);
}

function pidOf(name: string): number {
  return Number(new RegExp(`${name} .* process (\\d+)`).exec(output)?.[1]);
}

function withDescendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [
    pid,
    ...(children === '' ? [] : children.split(' ').map(Number).flatMap(withDescendants)),
  ];
}

const argumentsOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
const environmentOf = (pid: number): string => readFileSync(`/proc/${pid}/environ`, 'utf8');

async function statusOf(path: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports['PROXY']}${path}`, {
    headers,
    signal: AbortSignal.timeout(5_000),
  });
  await response.arrayBuffer();
  return response.status;
}

function key(): { 'X-API-Key': string } {
  return { 'X-API-Key': readFileSync(join(dataDir, 'demo-key'), 'utf8').trim() };
}

async function untilNothingIsLeft(postgresPort: number | undefined): Promise<void> {
  const { DEMO = 0, ...single } = ports;
  const all = [
    ...Object.values(single),
    DEMO,
    DEMO + 1,
    ...(postgresPort === undefined ? [] : [postgresPort]),
  ];
  await waitUntil(
    'all ports are free again',
    async () => (await Promise.all(all.map(isPortFree))).every(Boolean),
    20_000,
  );
}

describe('npm start', () => {
  it(
    'starts everything, prints commands that work, and stops in order',
    async () => {
      const launched = launch();
      await untilItSays('Ctrl-C stops everything', launched);
      expect(output).toContain(
        `curl -i http://127.0.0.1:${ports['PROXY']}/orders/1 -H "X-API-Key: ${key()['X-API-Key']}"`,
      );
      for (const file of ['demo-key', 'admin-token', 'node-token'])
        expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);

      expect(await statusOf('/orders/1')).toBe(401);
      expect(await statusOf('/orders/1', key())).toBe(200);
      const statuses = await Promise.all(
        Array.from({ length: 12 }, () => statusOf('/users/1', key())),
      );
      expect(new Set(statuses)).toEqual(new Set([200, 429]));

      // Only the control plane encrypts secrets. Watchdogs start the programs, each as its child.
      const programs = withDescendants(launched.pid ?? 0).filter(
        (pid) => pid !== launched.pid && !argumentsOf(pid).includes('watchdog.ts'),
      );
      const names = ['postgres', 'apps/proxy/', 'demo/upstream.ts'];
      for (const name of names)
        expect(programs.map(argumentsOf)).toContainEqual(expect.stringContaining(name));
      expect(programs.filter((pid) => environmentOf(pid).includes(encryptionKey))).toEqual([
        pidOf('Control plane'),
      ]);

      const second = spawn(process.execPath, [script], {
        env: { ...process.env, SLUICE_PROXY_PORT: String(ports['PROXY']) },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let refusal = '';
      second.stderr.setEncoding('utf8').on('data', (text: string) => (refusal += text));
      expect(await once(second, 'exit')).toEqual([1, null]);
      expect(refusal).toMatch(
        new RegExp(`Port ${ports['PROXY']} \\(the proxy\\) is taken .* SLUICE_PROXY_PORT=<port>`),
      );

      const postgresPort = readPostmasterFile(join(dataDir, 'postgres', 'cluster'))?.port;
      launched.kill('SIGINT');
      expect(await once(launched, 'exit')).toEqual([0, null]);
      expect(output).toMatch(
        /Stopping\.\n {2}Proxy .*\n[\s\S]* {2}Control plane .*\n {2}Postgres .* s\n$/,
      );
      await untilNothingIsLeft(postgresPort);
    },
    patienceMs * 2,
  );

  it(
    'starts again with the same data, restarts each part that is killed, and leaves no process when it is killed',
    async () => {
      const before = key();
      const launched = launch();
      await untilItSays('Ctrl-C stops everything', launched);
      expect(output).toMatch(/Demo configuration .*unchanged/);
      expect(key()).toEqual(before);

      const controlPlane = pidOf('Control plane');
      process.kill(controlPlane, 'SIGKILL');
      expect(await statusOf('/orders/1', key())).toBe(200);
      await untilItSays('The control plane runs again', launched);
      expect(output).toMatch(
        /control plane ended unexpectedly \(SIGKILL\)[\s\S]*Starting the control plane again \(attempt 1 of 5\); the other parts keep running\./,
      );

      // Each part is started again by itself, while the others go on.
      for (const part of ['Proxy', 'Demo orders'] as const) {
        process.kill(
          part === 'Proxy'
            ? pidOf(part)
            : Number(/Demo services .* processes (\d+)/.exec(output)?.[1]),
          'SIGKILL',
        );
        const name = part === 'Proxy' ? 'The proxy' : 'The demo service "orders"';
        await untilItSays(`${name} runs again`, launched);
        expect(await statusOf('/orders/1', key())).toBe(200);
      }
      expect(output).toMatch(
        /The proxy ended unexpectedly \(SIGKILL\)\. Its last output, also in .*proxy\.log/,
      );
      process.kill(readPostmasterFile(join(dataDir, 'postgres', 'cluster'))?.pid ?? 0, 'SIGKILL');
      await untilItSays('Postgres runs again', launched);
      expect(await statusOf('/orders/1', key())).toBe(200);
      expect(launched.exitCode).toBeNull();

      const postgresPort = readPostmasterFile(join(dataDir, 'postgres', 'cluster'))?.port;
      expect(postgresPort).toBeGreaterThan(0);
      launched.kill('SIGKILL');
      await untilNothingIsLeft(postgresPort);
    },
    patienceMs * 2,
  );

  it(
    'starts without a demo with --empty, prints commands that work, and ends in order when its terminal is closed',
    async () => {
      const launched = launch('--empty');
      await untilItSays('Ctrl-C stops everything', launched);
      expect(output).not.toMatch(/Demo|demo-key/);
      expect(output).toContain(`Bearer $(cat ${join(dataDir, 'admin-token')})`);
      launched.kill('SIGHUP');
      expect(await once(launched, 'exit')).toEqual([0, null]);
      await untilNothingIsLeft(undefined);
    },
    patienceMs * 2,
  );
});
