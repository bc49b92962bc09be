import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identifyProcess } from '../process/process-identity.ts';
import { removePostgresData } from './postgres-location.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

const folder = fileURLToPath(new URL('../../.cache/test-postgres', import.meta.url));

/** One real Postgres and one real Redis for a run of the tests. */
export type TestServices = {
  /** The variables that specs read, through `createTestDatabase` and `testRedisUrl` of @sluice/testkit. */
  readonly env: { readonly SLUICE_TEST_DATABASE_URL: string; readonly SLUICE_TEST_REDIS_URL: string };
  /** Stops both and removes their data. */
  stop(): Promise<void>;
};

/**
 * Starts the services that specs share. Every run has its own, so two runs in one checkout do not disturb each other, and
 * what a killed run left on disk is removed by the next. `REDIS_URL`, when set, is used instead of a Redis of our own.
 * @throws SetupError when one of them cannot be had: tests then fail, they are never skipped.
 */
export async function startTestServices(onNotice: (line: string) => void): Promise<TestServices> {
  mkdirSync(folder, { recursive: true });
  removeAbandoned();
  const dataDir = join(folder, `${process.pid}-${randomBytes(4).toString('hex')}`);
  const redis = await startRedis({ url: process.env['REDIS_URL'], onNotice, onCrash: onNotice });
  try {
    const postgres = await startPostgres({ dataDir, database: 'sluice_test', durable: false, onNotice, onCrash: onNotice });
    return {
      env: { SLUICE_TEST_DATABASE_URL: postgres.url, SLUICE_TEST_REDIS_URL: redis.url },
      stop: async () => {
        await Promise.all([postgres.stop(), redis.stop()]);
        removePostgresData(dataDir);
      },
    };
  } catch (error) {
    await redis.stop();
    removePostgresData(dataDir);
    throw error;
  }
}

function removeAbandoned(): void {
  for (const name of readdirSync(folder)) {
    if (identifyProcess(Number.parseInt(name, 10)) === undefined) removePostgresData(join(folder, name));
  }
}
