import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import { freePort } from '../../scripts/process/ports.ts';
import { waitUntil } from '../../scripts/process/wait-until.ts';
import { AppProcess } from '../harness/app-process.ts';

const token = 'signals-token-0123456789abcdef';
const config = (content: string): string =>
  JSON.stringify({
    routes: [
      {
        name: 'hello',
        paths: ['/hello'],
        policies: [{ name: 'static-response', config: { status: 200, content } }],
      },
    ],
  });
/** Matches a stack trace in the output of a process. */
const trace = /^\s+at /m;

let folder: string;
/** Accepts connections and sends nothing, like a database or a control plane that hangs. */
let silent: Server;
let silentPort = 0;
let connections = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-signals-'));
  silent = createServer(() => connections++).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  silentPort = (silent.address() as AddressInfo).port;
});
afterAll(async () => {
  silent.close();
  await rm(folder, { recursive: true, force: true });
});

interface Node {
  readonly process: AppProcess;
  readonly url: string;
  readonly statusUrl: string;
}

async function createNode(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Node> {
  const [port, statusPort] = [await freePort(), await freePort()];
  const settings = {
    SLUICE_PROXY_PORT: String(port),
    SLUICE_STATUS_PORT: String(statusPort),
    SLUICE_DATA_DIR: join(folder, `node-${port}`),
    SLUICE_NODE_TOKEN: token,
    SLUICE_ACCESS_LOG: 'off',
    ...env,
  };
  return {
    process: new AppProcess('proxy', 'node', settings, args),
    url: `http://127.0.0.1:${port}`,
    statusUrl: `http://127.0.0.1:${statusPort}`,
  };
}

const hello = async (node: Node): Promise<string> =>
  await (await fetch(`${node.url}/hello`)).text();
const untilSaid = (program: AppProcess, text: string, times = 1): Promise<void> =>
  waitUntil(
    `"${text}" is said`,
    () => program.lines.filter((line) => line.includes(text)).length >= times,
    30_000,
  ).catch((fault: unknown) => {
    throw new Error(`${String(fault)}\n${program.tail()}`);
  });

describe('SIGHUP', () => {
  it('to a node without files to reload is logged, and changes nothing', async () => {
    const node = await createNode({ SLUICE_CONTROL_PLANE: `127.0.0.1:${silentPort}` });
    await node.process.start(`${node.statusUrl}/livez`);
    for (let times = 1; times <= 3; times++) {
      process.kill(node.process.pid, 'SIGHUP');
      await untilSaid(node.process, 'SIGHUP: nothing to read again', times);
    }
    expect((await fetch(`${node.statusUrl}/livez`)).status).toBe(200);
    expect(await node.process.end('SIGTERM')).toBe(0);
  }, 60_000);

  it('to a node with a token file reloads it, and keeps the token when the file is gone', async () => {
    const file = join(folder, 'node-token');
    await writeFile(file, `${token}\n`);
    const node = await createNode({
      SLUICE_CONTROL_PLANE: `127.0.0.1:${silentPort}`,
      SLUICE_NODE_TOKEN: '',
      SLUICE_NODE_TOKEN_FILE: file,
    });
    await node.process.start(`${node.statusUrl}/livez`);
    process.kill(node.process.pid, 'SIGHUP');
    await untilSaid(node.process, '"what":["node token"]');
    await rm(file);
    process.kill(node.process.pid, 'SIGHUP');
    await untilSaid(node.process, 'could not be read again; the previous version stays in use');
    expect((await fetch(`${node.statusUrl}/livez`)).status).toBe(200);
    expect(await node.process.end('SIGTERM')).toBe(0);
  }, 60_000);

  it.each([
    ['one process', []],
    ['workers', ['--workers', '2']],
  ])(
    'to every process of a node of %s reloads the configuration file, and ends none',
    async (_, args) => {
      const path = join(folder, `config-${args.length}.json`);
      await writeFile(path, config('first'));
      const node = await createNode({ SLUICE_CONFIG_FILE: path }, args);
      await node.process.start(`${node.statusUrl}/readyz`);
      expect(await hello(node)).toBe('first');
      const workers = node.process.lines.flatMap((line) =>
        line.includes('worker takes traffic')
          ? [Number((JSON.parse(line) as { pid: number }).pid)]
          : [],
      );
      expect(workers).toHaveLength(args.length === 0 ? 0 : 2);
      await writeFile(path, config('second'));
      for (const pid of [...workers, node.process.pid]) process.kill(pid, 'SIGHUP');
      await waitUntil(
        'the file was read again',
        async () => (await hello(node)) === 'second',
        30_000,
      );
      for (const pid of workers) expect(() => process.kill(pid, 0)).not.toThrow();
      expect(node.process.lines.join('\n')).not.toContain('a worker ended');
      expect(await node.process.end('SIGTERM')).toBe(0);
    },
    60_000,
  );

  it('to a control plane is logged, and changes nothing', async () => {
    const database = await createTestDatabase();
    const port = await freePort();
    const controlPlane = new AppProcess('control-plane', 'control-plane', {
      DATABASE_URL: database.url,
      SLUICE_ADMIN_PORT: String(port),
      SLUICE_STREAM_PORT: '0',
      SLUICE_DATA_DIR: join(folder, 'control-plane'),
    });
    await controlPlane.start(`http://127.0.0.1:${port}/readyz`);
    process.kill(controlPlane.pid, 'SIGHUP');
    await untilSaid(controlPlane, 'SIGHUP: nothing to read again');
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await controlPlane.end('SIGTERM')).toBe(0);
    await database.drop();
  }, 40_000);
});

describe('a start that a signal ends', () => {
  /** Moments from before our first line runs until the program serves. */
  const moments = [0, 60, 150, 250, 400, 700, 1_200];
  /** Node ends by the signal until our first line runs. */
  const cleanly = [0, 'SIGTERM', 'SIGINT'];

  it.each([
    ['a node', []],
    ['a node of two workers', ['--workers', '2']],
  ])(
    '%s ends promptly and without a stack trace at any moment',
    async (_, args) => {
      for (const [index, moment] of moments.entries()) {
        const node = await createNode({ SLUICE_CONTROL_PLANE: `127.0.0.1:${silentPort}` }, args);
        node.process.spawn();
        await sleep(moment);
        const signal = index % 2 === 0 ? 'SIGTERM' : 'SIGINT';
        const ended = await node.process.end(signal, 20_000);
        expect([moment, cleanly.includes(ended), node.process.tail()]).toEqual([
          moment,
          true,
          expect.not.stringMatching(trace),
        ]);
      }
    },
    90_000,
  );

  it('a control plane that waits for its database ends at once', async () => {
    for (const port of [await freePort(), silentPort]) {
      const before = connections;
      const controlPlane = new AppProcess('control-plane', 'control-plane', {
        DATABASE_URL: `postgres://sluice:hush@127.0.0.1:${port}/sluice`,
        SLUICE_ADMIN_PORT: '0',
        SLUICE_STREAM_PORT: '0',
        SLUICE_DATA_DIR: join(folder, 'waiting'),
      });
      controlPlane.spawn();
      // It waits for at most a minute.
      await waitUntil(
        'it waits',
        () =>
          connections > before ||
          controlPlane.lines.some((line) => line.includes('waiting for the database')),
        30_000,
      );
      expect([await controlPlane.end('SIGTERM', 20_000), controlPlane.tail()]).toEqual([
        0,
        expect.not.stringMatching(trace),
      ]);
    }
  }, 90_000);

  it('a control plane ends promptly during its migrations, and the next start finishes them', async () => {
    const database = await createTestDatabase();
    const port = await freePort();
    const create = (): AppProcess =>
      new AppProcess('control-plane', 'control-plane', {
        DATABASE_URL: database.url,
        SLUICE_ADMIN_PORT: String(port),
        SLUICE_STREAM_PORT: '0',
        SLUICE_DATA_DIR: join(folder, 'migrating'),
      });
    for (const moment of [300, 900, 1_400]) {
      const controlPlane = create();
      controlPlane.spawn();
      await sleep(moment);
      expect([
        cleanly.includes(await controlPlane.end('SIGTERM', 20_000)),
        controlPlane.tail(),
      ]).toEqual([true, expect.not.stringMatching(trace)]);
    }
    const last = create();
    await last.start(`http://127.0.0.1:${port}/readyz`);
    expect(await last.end('SIGTERM')).toBe(0);
    await database.drop();
  }, 90_000);
});

it('a second signal does not wait for requests', async () => {
  const path = join(folder, 'slow.json');
  // The target accepts and does not respond, so the request stays open.
  await writeFile(
    path,
    JSON.stringify({
      services: [{ name: 'slow', targets: [{ address: `127.0.0.1:${silentPort}` }] }],
      routes: [{ name: 'slow', paths: ['/slow'], service: 'slow' }],
    }),
  );
  const node = await createNode({ SLUICE_CONFIG_FILE: path, SLUICE_DRAIN_MS: '60000' });
  await node.process.start(`${node.statusUrl}/readyz`);
  const held = fetch(`${node.url}/slow`).then(
    () => 'answered',
    () => 'cut off',
  );
  await sleep(500);
  process.kill(node.process.pid, 'SIGTERM');
  await untilSaid(node.process, 'draining');
  await sleep(1_000);
  expect(await node.process.end('SIGTERM', 20_000)).toBe(143);
  expect(await held).toBe('cut off');
}, 60_000);
