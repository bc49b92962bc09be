import { startRedis } from './redis.ts';
import { startTemporaryPostgres } from './temporary-postgres.ts';

/** One real Postgres and one real Redis for a run of the tests. */
export type TestServices = {
  /**
   * The variables that specs read, through `createTestDatabase` and `testRedisUrl` of
   * @sluice/testkit.
   */
  readonly env: {
    readonly SLUICE_TEST_DATABASE_URL: string;
    readonly SLUICE_TEST_REDIS_URL: string;
  };
  /** Stops both and removes their data. */
  stop(): Promise<void>;
};

/**
 * Starts the services that specs share. Every run has its own, so two runs in one checkout do not
 * disturb each other. `REDIS_URL`, when set, is used instead of a Redis of our own.
 * @throws SetupError when one of them cannot be started: tests then fail, they are never skipped.
 */
export async function startTestServices(onNotice: (line: string) => void): Promise<TestServices> {
  const redis = await startRedis({ url: process.env['REDIS_URL'], onNotice, onCrash: onNotice });
  try {
    const postgres = await startTemporaryPostgres({
      database: 'sluice_test',
      durable: false,
      onNotice,
      onCrash: onNotice,
    });
    return {
      env: { SLUICE_TEST_DATABASE_URL: postgres.url, SLUICE_TEST_REDIS_URL: redis.url },
      stop: async () => {
        await Promise.all([postgres.remove(), redis.stop()]);
      },
    };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}
