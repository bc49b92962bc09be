import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '@sluice/errors';
import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import pg from 'pg';
import { startTcpRelay } from '../../testing/tcp-relay.ts';
import { JsonLogger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { migrationLock, openDatabase } from './open-database.ts';

describe('openDatabase', () => {
  it('waits for an unavailable database, and logs that', async () => {
    const test = await createTestDatabase();
    const relay = await startTcpRelay(test.url);
    relay.disconnect();
    const lines: string[] = [];
    const logger = new JsonLogger('info', { write: (line) => lines.push(line) });
    const dataSource = createDataSource(relay.url, logger);
    const opened = openDatabase(dataSource, 10_000, logger);
    setTimeout(() => relay.restore(), 700);
    await opened;
    expect(lines.join('')).toContain('waiting for the database');
    expect(lines.join('')).toContain('InitialSchema');
    await dataSource.destroy();
    await relay.close();
    await test.drop();
  });

  it('waits for a replica that is migrating', async () => {
    const test = await createTestDatabase();
    const replica = new pg.Client(test.url);
    await replica.connect();
    await replica.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const logger = new JsonLogger('silent');
    const dataSource = createDataSource(test.url, logger);
    let isOpen = false;
    const opened = openDatabase(dataSource, 1_000, logger).then(() => (isOpen = true));
    await sleep(400);
    expect(isOpen).toBe(false);
    expect((await replica.query("SELECT to_regclass('config_head') AS found")).rows).toEqual([
      { found: null },
    ]);
    await replica.end();
    await opened;
    await dataSource.destroy();
    await test.drop();
  });

  it('gives up with a message that says what to check and does not contain the password', async () => {
    const logger = new JsonLogger('silent');
    const attempt = openDatabase(
      createDataSource('postgres://u:very-secret@127.0.0.1:1/x', logger),
      600,
      logger,
    );
    await expect(attempt).rejects.toThrow(SetupError);
    await expect(attempt).rejects.toThrow(/cannot be used: .*ECONNREFUSED.*Check DATABASE_URL/s);
    await expect(attempt).rejects.not.toThrow(/very-secret/);
  });

  it('does not wait for a database that refuses the login', async () => {
    const test = await createTestDatabase();
    const url = new URL(test.url);
    url.password = 'not-the-password';
    const logger = new JsonLogger('silent');
    const startedAt = performance.now();
    await expect(openDatabase(createDataSource(url.href, logger), 60_000, logger)).rejects.toThrow(
      /cannot be used: password authentication failed/,
    );
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await test.drop();
  });

  it('does not wait after a failed migration', async () => {
    const test = await createTestDatabase();
    const logger = new JsonLogger('silent');
    const dataSource = createDataSource(test.url, logger);
    await openDatabase(dataSource, 1_000, logger);
    await dataSource.query('DROP TABLE migrations');
    await dataSource.destroy();
    const startedAt = performance.now();
    const attempt = openDatabase(createDataSource(test.url, logger), 60_000, logger);
    await expect(attempt).rejects.toThrow(
      /migrations of the database failed: .*already exists.*must be empty or belong to Sluice/s,
    );
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await test.drop();
  });
});
