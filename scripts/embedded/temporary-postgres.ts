import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identifyProcess } from '../process/process-identity.ts';
import { removePostgresData } from './postgres-location.ts';
import { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './postgres.ts';

const folder = fileURLToPath(new URL('../../.cache/postgres', import.meta.url));

/** A Postgres for one test or measurement, which may kill it. */
export type TemporaryPostgres = EmbeddedPostgres & {
  /** Stops it and removes all it kept. */
  remove(): Promise<void>;
};

/**
 * Starts a Postgres with data of its own, in `.cache/postgres` of the checkout. What a killed
 * process left there is removed by the next start.
 * @throws SetupError like `startPostgres`
 */
export async function startTemporaryPostgres(
  options: Omit<PostgresOptions, 'dataDir'>,
): Promise<TemporaryPostgres> {
  mkdirSync(folder, { recursive: true });
  removeAbandoned();
  const dataDir = join(folder, `${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    const postgres = await startPostgres({ ...options, dataDir });
    return {
      url: postgres.url,
      port: postgres.port,
      get pid() {
        return postgres.pid;
      },
      stop: () => postgres.stop(),
      kill: () => postgres.kill(),
      restart: () => postgres.restart(),
      remove: async () => {
        await postgres.stop();
        removePostgresData(dataDir);
      },
    };
  } catch (error) {
    removePostgresData(dataDir);
    throw error;
  }
}

/** The pid in the name tells whose it is. */
function removeAbandoned(): void {
  for (const name of readdirSync(folder)) {
    if (identifyProcess(Number.parseInt(name, 10)) === undefined)
      removePostgresData(join(folder, name));
  }
}
