import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAdminClient } from '@sluice/admin-client';
import { removePostgresData } from '../embedded/postgres-location.ts';
import { freePort, isPortFree } from '../process/ports.ts';
import { waitUntil } from '../process/wait-until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
const dataDir = join(folder, 'data');
const patienceMs = 120_000;
/** The ports that the README names, and those that this test has instead. */
const ports = new Map<string, number>();
const variables = {
  SLUICE_PROXY_PORT: '8000',
  SLUICE_ADMIN_PORT: '8001',
  SLUICE_STREAM_PORT: '8005',
  SLUICE_STATUS_PORT: '8100',
  SLUICE_DEMO_PORT: '9101',
};

let start: ChildProcess;
let output = '';

/** The shell commands of a section of the README, block by block. */
function blocksOf(section: string): string[] {
  const text =
    readFileSync(join(root, 'README.md'), 'utf8')
      .split(/^## /m)
      .find((part) => part.startsWith(section)) ?? '';
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/** A block as it has to be typed for the ports and the folder of this test. */
function here(block: string): string {
  return block
    .replaceAll('.sluice', dataDir)
    .replace(/(?<=[:=])\d{4}\b/g, (port) => String(ports.get(port) ?? port));
}

beforeAll(async () => {
  // As root, Postgres runs as another account, which has to pass through here.
  chmodSync(folder, 0o711);
  for (const port of ['8000', '8001', '8005', '8100', '8010', '8110'])
    ports.set(port, await freePort());
  let demo: number;
  do demo = await freePort();
  while (!(await isPortFree(demo + 1)));
  ports.set('9101', demo).set('9102', demo + 1);
  const env = {
    ...process.env,
    SLUICE_DATA_DIR: dataDir,
    ...Object.fromEntries(
      Object.entries(variables).map(([name, port]) => [name, String(ports.get(port))]),
    ),
  };
  start = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [start.stdout, start.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  await waitUntil(
    'npm start is ready',
    () => output.includes('Ctrl-C stops everything') || start.exitCode !== null,
    patienceMs,
  );
  expect(output).toContain('Ctrl-C stops everything');
}, patienceMs);

afterAll(async () => {
  if (start.exitCode === null && start.signalCode === null) {
    start.kill('SIGTERM');
    await once(start, 'exit');
  }
  removePostgresData(join(dataDir, 'postgres'));
  rmSync(folder, { recursive: true, force: true });
}, patienceMs);

describe('the README', () => {
  it(
    '"Five minutes": every command has the result in its comment',
    () => {
      const blocks = blocksOf('Five minutes');
      expect(blocks).toHaveLength(3);
      const script = blocks.map(here).join('\necho "=== block"\n');
      const { stdout, stderr, status } = spawnSync('bash', ['-u', '-c', script], {
        cwd: root,
        encoding: 'utf8',
        timeout: patienceMs,
      });
      expect(stderr).not.toMatch(
        /unbound|not found|No such file|Could not resolve|Failed to connect/,
      );
      expect(status).toBe(0);
      const [demo = '', own = '', after = ''] = stdout.split('=== block\n');
      expect(demo).toMatch(/^HTTP\/1\.1 401 /);
      expect(demo).toContain('HTTP/1.1 200 OK');
      expect(demo).toMatch(/^(?:(?:200|429) ){8}$/m);
      expect(demo).toMatch(/ 429 /);
      expect(own.match(/"error|"code":/g)).toBeNull();
      expect(own).toMatch(/"key": *"slk_/);
      expect(own).toContain('HTTP/1.1 200 OK');
      expect(own).toMatch(/"path": "\/1"/);
      expect(after).toMatch(/"applied|"revision/);
      expect(after).toMatch(/key-auth[\s\S]*rate-limit/);
      expect(after).toContain('/pahts');
      expect(after).toMatch(/^sluice_requests_total\{.*route="shop".*\} 1$/m);
    },
    patienceMs,
  );

  it(
    '"More than one machine": a further proxy beside npm start serves',
    async () => {
      const block = here(
        blocksOf('More than one machine').find((text) => text.includes('SLUICE_NODE_TOKEN_FILE')) ??
          '',
      );
      // The config stream is elsewhere than the README has it; `exec` makes the shell give way to
      // node, which is then stopped.
      const command = block
        .replace(/^(\s*)node /m, '$1exec node ')
        .replaceAll('\\\n', ' ')
        .replace(/^(.*) exec /, 'export $1; exec ');
      const proxy = spawn('bash', ['-c', command], {
        cwd: root,
        env: {
          ...process.env,
          SLUICE_CONTROL_PLANE: `127.0.0.1:${ports.get('8005')}`,
          PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      proxy.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      try {
        const key = readFileSync(join(dataDir, 'demo-key'), 'utf8').trim();
        const answer = (): Promise<number> =>
          fetch(`http://127.0.0.1:${ports.get('8010')}/users/1`, {
            headers: { 'x-api-key': key },
          }).then(
            ({ status }) => status,
            () => 0,
          );
        await waitUntil(
          'the further proxy serves',
          async () => proxy.exitCode !== null || [200, 429].includes(await answer()),
          30_000,
        ).catch((fault: unknown) => {
          throw new Error(`${String(fault)}\n${said}`);
        });
        expect([proxy.exitCode, said]).toEqual([null, expect.stringContaining('listening')]);
        const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
        const url = `http://127.0.0.1:${ports.get('8001')}`;
        const nodes = await createAdminClient({ url, token }).nodes.list();
        expect(nodes.data).toHaveLength(2);
      } finally {
        proxy.kill('SIGTERM');
        await once(proxy, 'exit');
      }
    },
    patienceMs,
  );

  it('names only programs and files that exist', () => {
    const commands = ['Two commands', 'Five minutes', 'More than one machine']
      .flatMap(blocksOf)
      .join('\n');
    for (const [path] of commands.matchAll(/apps\/\S+\.js/g))
      expect(spawnSync(process.execPath, [join(root, path), '--help']).status).toBe(0);
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of commands.matchAll(/^npm (\w+)/gm))
      expect(scripts).toHaveProperty([name]);
  });
});
