import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { identifyProcess } from '../process/process-identity.ts';
import { waitUntil } from '../process/wait-until.ts';
import { removePostgresData } from './postgres-location.ts';
import { startPostgres, type EmbeddedPostgres } from './postgres.ts';

const ownerScript = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-'));
const dataDir = join(folder, 'data');
// As root, Postgres runs as another account, which has to pass through here.
chmodSync(folder, 0o711);

afterAll(() => {
  for (const name of readdirSync(folder)) removePostgresData(join(folder, name));
  rmSync(folder, { recursive: true, force: true });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows.map(
      (row) => Object.values(row)[0],
    );
  } finally {
    await client.end();
  }
}

describe('an embedded Postgres', () => {
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    postgres = await startPostgres({ dataDir, database: 'sluice' });
  });

  afterAll(async () => {
    await postgres.stop();
  });

  it('serves the database it was asked for, on loopback only, in UTF-8 and UTC', async () => {
    expect(await query(postgres.url, 'SELECT current_database()')).toEqual(['sluice']);
    expect(await query(postgres.url, 'SHOW listen_addresses')).toEqual(['127.0.0.1']);
    expect(await query(postgres.url, 'SHOW server_encoding')).toEqual(['UTF8']);
    expect(await query(postgres.url, 'SHOW timezone')).toEqual(['UTC']);
    expect(await query(postgres.url, 'SHOW fsync')).toEqual(['on']);
  });

  it('requires the password, which only its owner can read', async () => {
    const url = new URL(postgres.url);
    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
  });

  it('keeps what was committed over a SIGKILL, at the same address', async () => {
    await query(postgres.url, 'CREATE TABLE kept (id int)');
    await query(postgres.url, 'INSERT INTO kept VALUES (42)');
    const before = postgres.pid;
    await postgres.kill();
    expect(postgres.pid).toBeUndefined();
    await postgres.restart();
    expect(postgres.pid).not.toBe(before);
    expect(await query(postgres.url, 'SELECT id FROM kept')).toEqual([42]);
  });

  it('refuses a second start on the same data while it runs', async () => {
    await expect(startPostgres({ dataDir, database: 'sluice' })).rejects.toThrow(
      /is in use by another Sluice.*SLUICE_DATA_DIR/s,
    );
  });

  it('reports an unexpected end, with the last lines of the log', async () => {
    const crashes: string[] = [];
    const other = await startPostgres({
      dataDir: join(folder, 'crashing'),
      database: 'sluice',
      durable: false,
      onCrash: (text) => crashes.push(text),
    });
    process.kill(other.pid ?? 0, 'SIGKILL');
    await waitUntil('the crash is reported', () => crashes.length > 0);
    expect(crashes[0]).toMatch(
      /^Postgres ended unexpectedly \(SIGKILL\)[\s\S]*ready to accept connections/,
    );
    await other.stop();
  });
});

describe('starting an embedded Postgres again', () => {
  it('reuses the data, whatever process has the recorded pid by now', async () => {
    // After a power cut the old pid may belong to any process; here it is the pid of this test.
    writeFileSync(
      join(dataDir, 'cluster', 'postmaster.pid'),
      `${process.pid}\n${join(dataDir, 'cluster')}\n0\n5432\n\n127.0.0.1\n\nready\n`,
    );
    const postgres = await startPostgres({ dataDir, database: 'sluice' });
    expect(await query(postgres.url, 'SELECT id FROM kept')).toEqual([42]);
    await postgres.stop();
  });

  it('works at once after the owner was killed, and the killed owner leaves no server behind', async () => {
    const owned = join(folder, 'owned');
    const owner = spawn(process.execPath, [ownerScript, owned], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
    const { url, pids } = JSON.parse(line) as { url: string; pids: number[] };
    await query(url, 'CREATE TABLE kept (id int)');
    expect(pids.map((pid) => identifyProcess(pid)?.pid)).toEqual(pids);

    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const postgres = await startPostgres({ dataDir: owned, database: 'owned' });
    expect(await query(postgres.url, 'SELECT count(*)::int FROM kept')).toEqual([0]);
    await waitUntil('both servers of the killed owner are gone', () =>
      pids.every((pid) => identifyProcess(pid) === undefined),
    );
    await postgres.stop();
  });

  it('does an interrupted first start again', async () => {
    const interrupted = join(folder, 'interrupted');
    // Pid 4194305 is above the largest a kernel gives out, so its owner cannot be alive.
    mkdirSync(join(interrupted, 'cluster.new-4194305', 'base'), { recursive: true });
    mkdirSync(join(interrupted, 'cluster', 'base'), { recursive: true });
    const notices: string[] = [];
    const postgres = await startPostgres({
      dataDir: interrupted,
      database: 'sluice',
      durable: false,
      onNotice: (line) => notices.push(line),
    });
    expect(await query(postgres.url, 'SELECT 1')).toEqual([1]);
    await postgres.stop();
    expect(existsSync(join(interrupted, 'cluster.new-4194305'))).toBe(false);
    expect(notices.join('\n')).toMatch(/was incomplete. It was moved to .*cluster\.broken-/);
  });
});

describe('an embedded Postgres whose account cannot reach its folder', () => {
  it('keeps the data elsewhere when that account is not ours, finds it again, and leaves nothing when removed', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const notices: string[] = [];
    const options = {
      dataDir: closed,
      database: 'sluice',
      durable: false,
      onNotice: (line: string) => notices.push(line),
    };
    const first = await startPostgres(options);
    await query(first.url, 'CREATE TABLE kept (id int)');
    await first.stop();
    const second = await startPostgres(options);
    expect(await query(second.url, 'SELECT count(*)::int FROM kept')).toEqual([0]);
    await second.stop();

    const { clusterDir } = JSON.parse(readFileSync(join(closed, 'postgres.json'), 'utf8')) as {
      clusterDir: string;
    };
    if (process.getuid?.() === 0) {
      expect(clusterDir).toMatch(/^\/var\/tmp\/sluice-0\/data-[0-9a-f]{16}\/cluster$/);
      expect(notices.join('\n')).toMatch(
        new RegExp(`because the account "(postgres|nobody)" cannot reach ${closed}`),
      );
    } else {
      expect(clusterDir).toBe(join(closed, 'cluster'));
      expect(notices).toEqual([]);
    }
    removePostgresData(closed);
    expect([existsSync(clusterDir), existsSync(closed)]).toEqual([false, false]);
  });
});

describe('an embedded Postgres that cannot start', () => {
  it('says which port is taken and what to set', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as AddressInfo;
    const start = startPostgres({
      dataDir,
      database: 'sluice',
      port,
      portVariable: 'SLUICE_POSTGRES_PORT',
    });
    await expect(start).rejects.toThrow(
      new RegExp(`Port ${port}, wanted for Postgres, is taken.*SLUICE_POSTGRES_PORT=<port>`),
    );
    occupant.close();
  });

  it('says that data is of another major version', async () => {
    const version = join(dataDir, 'cluster', 'PG_VERSION');
    const original = readFileSync(version);
    writeFileSync(version, '9\n');
    await expect(startPostgres({ dataDir, database: 'sluice' })).rejects.toThrow(
      /was written by Postgres 9; this is Postgres 18/,
    );
    writeFileSync(version, original);
  });

  it('says that the password is missing', async () => {
    const file = join(dataDir, 'password');
    const original = readFileSync(file);
    rmSync(file);
    await expect(startPostgres({ dataDir, database: 'sluice' })).rejects.toThrow(
      /password is missing/,
    );
    writeFileSync(file, original, { mode: 0o600 });
  });

  it('shows what Postgres itself says', async () => {
    const config = join(dataDir, 'cluster', 'postgresql.auto.conf');
    const original = readFileSync(config);
    writeFileSync(config, 'shared_buffers = nonsense\n');
    await expect(startPostgres({ dataDir, database: 'sluice' })).rejects.toThrow(
      /did not start.*postgres\.log.*invalid value for parameter "shared_buffers"/s,
    );
    writeFileSync(config, original);
  });

  it('says that the folder cannot be created', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(
      startPostgres({ dataDir: join(folder, 'file', 'data'), database: 'sluice' }),
    ).rejects.toThrow(/Cannot create .*SLUICE_DATA_DIR/s);
    rmSync(join(folder, 'file'));
  });
});
