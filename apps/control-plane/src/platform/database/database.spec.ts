import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import type { DataSource } from 'typeorm';
import { JsonLogger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { Database } from './database.ts';
import { openDatabase } from './open-database.ts';

const logger = new JsonLogger('silent');

describe('Database', () => {
  let test: TestDatabase;
  let dataSource: DataSource;
  let database: Database;

  beforeAll(async () => {
    test = await createTestDatabase();
    dataSource = createDataSource(test.url, logger);
    await openDatabase(dataSource, 1_000, logger);
    database = new Database(dataSource);
    await database.query('CREATE TABLE account (id integer PRIMARY KEY, balance integer NOT NULL)');
  });
  beforeEach(async () => {
    await database.query('DELETE FROM account');
    await database.query('INSERT INTO account VALUES (1, 0), (2, 0)');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await test.drop();
  });

  it('commits work that succeeds and rolls back work that throws', async () => {
    await database.transaction((sql) => sql.query('UPDATE account SET balance = 5 WHERE id = 1'));
    const failure = database.transaction(async (sql) => {
      await sql.query('UPDATE account SET balance = 9 WHERE id = 1');
      throw new GatewayError('name_taken');
    });
    await expect(failure).rejects.toMatchObject({ code: 'name_taken' });
    expect(await database.query('SELECT balance FROM account WHERE id = 1')).toEqual([
      { balance: 5 },
    ]);
  });

  it('retries the victims of a deadlock until all have succeeded', async () => {
    let attempts = 0;
    let holders = 0;
    const bothHold = Promise.withResolvers<void>();
    const transfer = (first: number, second: number): Promise<void> =>
      database.transaction(async (sql) => {
        attempts += 1;
        await sql.query('UPDATE account SET balance = balance + 1 WHERE id = $1', [first]);
        holders += 1;
        if (holders === 2) bothHold.resolve();
        // Each locks its first row before it requests that of the other. A retry does not wait
        // again.
        await bothHold.promise;
        await sql.query('UPDATE account SET balance = balance + 1 WHERE id = $1', [second]);
      });
    await Promise.all([transfer(1, 2), transfer(2, 1)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await database.query('SELECT balance FROM account ORDER BY id')).toEqual([
      { balance: 2 },
      { balance: 2 },
    ]);
  });

  it('gives up after a few retries', async () => {
    let attempts = 0;
    const hopeless = database.transaction(async (sql) => {
      attempts += 1;
      await sql.query(
        "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$",
      );
    });
    await expect(hopeless).rejects.toThrow('no');
    expect(attempts).toBe(5);
  });

  it('survives connections that the server closes, in a transaction and idle', async () => {
    const killed = database.transaction(async (sql) => {
      await sql.query('UPDATE account SET balance = 7 WHERE id = 1');
      await sql.query('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    await expect(killed).rejects.toMatchObject({ code: 'database_unavailable' });
    await database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    for (let count = 0; count < 20; count += 1) {
      // The pool may hand out connections whose end it has not noticed yet, at most its size.
      await database
        .query('SELECT 1')
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'database_unavailable' }));
    }
    expect(await database.query('SELECT balance FROM account WHERE id = 1')).toEqual([
      { balance: 0 },
    ]);
  });

  it('waits at most a few seconds for a row that another transaction holds', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let holding = (): void => undefined;
    const held = new Promise<void>((resolve) => (holding = resolve));
    const holder = database.transaction(async (sql) => {
      await sql.query('SELECT 1 FROM account WHERE id = 1 FOR UPDATE');
      holding();
      await released;
    });
    await held;
    const startedAt = performance.now();
    await expect(
      database.query('UPDATE account SET balance = 1 WHERE id = 1'),
    ).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    release();
    await holder;
  });
});
