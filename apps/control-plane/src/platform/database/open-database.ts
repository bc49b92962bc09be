import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage, SetupError } from '@sluice/errors';
import type { DataSource } from 'typeorm';
import type { Logger } from '../logger.ts';
import { createMigrator } from './data-source.ts';
import { isDatabaseUnavailable, isLoginRefused } from './database-errors.ts';

const retryMs = 500;
const progressMs = 5_000;
/** Key of the advisory lock. The number is arbitrary; nothing else in the database may use it. */
export const migrationLock = 7_461_934_211;

/**
 * Connects and migrates. Waits for a database that is unavailable, and logs its progress every few
 * seconds. Replicas that start together migrate one after the other.
 * @throws SetupError when the database stays unavailable, refuses the login, or a migration fails.
 */
export async function openDatabase(
  dataSource: DataSource,
  waitMs: number,
  logger: Logger,
): Promise<void> {
  await connect(dataSource, waitMs, logger);
  try {
    await migrate(dataSource, logger);
  } catch (error) {
    await dataSource.destroy();
    throw new SetupError(
      `The migrations of the database failed: ${errorMessage(error)}\nThe database must be empty or belong to Sluice, and its user must be allowed to create tables.`,
    );
  }
}

/**
 * Runs the migrations over separate connections, because they may take minutes and requests must
 * not.
 */
async function migrate(dataSource: DataSource, logger: Logger): Promise<void> {
  const migrator = createMigrator(dataSource);
  await migrator.initialize();
  try {
    // The connection holds the lock until it is closed.
    await migrator.createQueryRunner().query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const applied = await migrator.runMigrations({ transaction: 'each' });
    for (const { name } of applied) logger.info('applied a migration', { migration: name });
  } finally {
    await migrator.destroy();
  }
}

async function connect(dataSource: DataSource, waitMs: number, logger: Logger): Promise<void> {
  const startedAt = performance.now();
  let nextProgressAt = 0;
  for (;;) {
    try {
      await dataSource.initialize();
      return;
    } catch (error) {
      const waitedMs = Math.round(performance.now() - startedAt);
      if (!isDatabaseUnavailable(error) || isLoginRefused(error) || waitedMs + retryMs > waitMs) {
        throw new SetupError(
          `The database cannot be used: ${errorMessage(error)}\nCheck DATABASE_URL and that Postgres is running. (Waited ${waitedMs} ms; SLUICE_DATABASE_WAIT_MS sets the limit.)`,
        );
      }
      if (waitedMs >= nextProgressAt) {
        logger.info('waiting for the database', {
          waitedMs,
          upToMs: waitMs,
          reason: errorMessage(error),
        });
        nextProgressAt += progressMs;
      }
      await sleep(retryMs);
    }
  }
}
