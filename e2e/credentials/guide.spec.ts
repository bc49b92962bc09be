import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyPassword } from '@sluice/passwords';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import pg from 'pg';
import { applied, registerService } from '../harness/configure.ts';
import { Origin } from '../harness/origin.ts';
import { adminToken, Stack } from '../harness/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/guides/credentials.md'), 'utf8');
const passwords = { rasmus: 'rasmuslerdorf', jane: 'open sesame' };
const keys = ['SvxyrcBtFpTTj6Jq', 'live_of_another_gateway', 'hunter2'];

/** The shell commands of a section, block by block. */
function blocksOf(section: string): string[] {
  const text = guide.split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

describe('the guide to credentials', () => {
  const started = new AsyncDisposableStack();
  let database: TestDatabase;
  let stack: Stack;

  beforeAll(async () => {
    database = await createTestDatabase();
    started.defer(() => database.drop());
    const origin = started.use(await Origin.start('orders'));
    stack = started.use(await Stack.start({ databaseUrl: database.url }));
    await stack.addProxy();
    await registerService(stack.admin, 'orders', [origin.address], {
      route: { policies: [{ name: 'key-auth' }, { name: 'basic-auth' }] },
    });
    await stack.admin.consumers.create({ username: 'acme' }, applied);
    await stack.admin.keysOf('acme').create({ name: 'ci-2026' }, applied);
  }, 90_000);
  afterAll(() => started.disposeAsync());

  /** Runs the commands of a block in the folder of the stack; returns what they print. */
  async function run(block: string): Promise<string> {
    const { host } = new URL(stack.controlPlane.url);
    const commands = block
      .replaceAll('localhost:8001', host)
      .replaceAll('postgres://…', database.url)
      .replaceAll('/var/lib/sluice', join(stack.folder, 'control-plane-1'))
      .replaceAll('node apps/', `${process.execPath} ${root}apps/`);
    const admin = `admin() { curl -sS -H 'Authorization: Bearer ${adminToken}' -H 'Content-Type: application/json' "$@"; echo; }`;
    const { PATH = '' } = process.env;
    const { stdout } = await promisify(execFile)('sh', ['-ec', `${admin}\n${commands}`], {
      cwd: stack.folder,
      env: { PATH },
      timeout: 60_000,
    });
    return stdout;
  }
  /** Runs a block whose commands succeed; returns the JSON of each answer that has one. */
  async function answers(block: string): Promise<Record<string, unknown>[]> {
    const lines = (await run(block)).split('\n').filter((line) => line !== '');
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(parsed.filter(({ code }) => code !== undefined)).toEqual([]);
    return parsed;
  }
  const namesOf = (answer: Record<string, unknown> | undefined): unknown =>
    (answer?.['data'] as { name: string }[]).map(({ name }) => name);
  const basic = (user: keyof typeof passwords): Record<string, string> => ({
    Authorization: `Basic ${Buffer.from(`${user}:${passwords[user]}`).toString('base64')}`,
  });
  const statusAt = async (url: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${url}/orders/1`, { headers })).status;
  /** The statuses of requests with each imported credential, at every node. */
  async function statuses(): Promise<number[]> {
    const all: number[] = [];
    for (const { url } of stack.proxies) {
      for (const key of keys) all.push(await statusAt(url, { 'X-API-Key': key }));
      for (const user of ['rasmus', 'jane'] as const) all.push(await statusAt(url, basic(user)));
    }
    return all;
  }
  async function hashes(): Promise<string[]> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      const { rows } = await client.query<{ hash: string }>(
        `SELECT spec ->> 'passwordHash' AS hash FROM resource
         WHERE spec ->> 'type' = 'basic' ORDER BY name`,
      );
      return rows.map(({ hash }) => hash);
    } finally {
      await client.end();
    }
  }
  async function eventually(condition: () => Promise<boolean>, fault: string): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(fault);
      await sleep(50);
    }
  }

  it('rotates a key', async () => {
    const [created, changed, read] = await answers(blocksOf('Rotate')[0] ?? '');
    expect(created).toMatchObject({ name: 'ci-2027' });
    for (const each of [changed, read])
      expect(each).toMatchObject({ name: 'ci-2026', expiresAt: '2099-02-01T00:00:00Z' });
    const { data } = await stack.admin.keysOf('acme').list();
    expect(data.map(({ name }) => name)).toEqual(['ci-2027']);
  });

  it('finds credentials by their last use and their expiry', async () => {
    const expiresAt = new Date(Date.now() + 10 * 86_400_000).toISOString();
    await stack.admin.keysOf('acme').create({ name: 'soon', expiresAt }, applied);
    const lists = await answers(blocksOf('Find')[0] ?? '');
    expect(lists.map(namesOf)).toEqual([[], ['soon'], []]);
  });

  it('imports keys and passwords, whose hashes are replaced on their first use', async () => {
    for (const block of blocksOf('Import')) await answers(block);
    await stack.admin.consumers.patch('acme', { tags: ['imported'] }, applied);
    const [first] = stack.proxies;
    const before = await hashes();
    expect(before.map((hash) => hash.split('$')[1])).toEqual(['2y', 'kong-sha1']);
    for (const user of ['rasmus', 'jane'] as const)
      expect(await statusAt(first?.url ?? '', basic(user))).toBe(200);
    await eventually(
      async () => (await hashes()).every((hash) => hash.startsWith('$argon2id$')),
      'the hashes were not replaced',
    );
    const [rasmus = '', jane = ''] = await hashes();
    expect(await verifyPassword(rasmus, passwords.rasmus)).toBe(true);
    expect(await verifyPassword(jane, passwords.jane)).toBe(true);
    expect(await statuses()).toEqual(Array(10).fill(200));
  });

  it('exports them, and creates them in another database', async () => {
    const [exporting = '', importing = ''] = blocksOf('Export');
    const before = await hashes();
    await run(exporting);
    await stack.admin.consumers.delete('acme');
    await stack.admin.consumers.create({ username: 'acme' }, applied);
    expect(await statuses()).toEqual(Array(10).fill(401));
    // The keys ci-2027 and soon, three imported keys and two passwords.
    expect(await answers(importing)).toHaveLength(7);
    await stack.admin.consumers.patch('acme', { tags: ['again'] }, applied);
    expect(await statuses()).toEqual(Array(10).fill(200));
    expect(await hashes()).toEqual(before);
  });
});
