import { errorMessage } from '@sluice/errors';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { Logger } from '../logger.ts';
import { databaseLogger } from './database-logger.ts';
import { GuardedDataSource } from './guarded-data-source.ts';
import { migrations } from './migrations/index.ts';

const migrationTimeoutMs = 600_000;

/** Classes that TypeORM maps to tables. */
export type Entities = NonNullable<DataSourceOptions['entities']>;

/**
 * Creates the data source, a pool of connections in which every wait has a timeout. Only the
 * migrations define the schema; `synchronize` stays off because it drops columns.
 */
export function createDataSource(
  databaseUrl: string,
  logger: Logger,
  entities: Entities = [],
): DataSource {
  return new GuardedDataSource({
    type: 'postgres',
    url: databaseUrl,
    applicationName: 'sluice-control-plane',
    entities,
    migrations,
    synchronize: false,
    logger: databaseLogger(logger),
    maxQueryExecutionTime: 1_000,
    installExtensions: false,
    poolSize: 10,
    connectTimeoutMS: 3_000,
    poolErrorHandler: (error: unknown) =>
      logger.warn('an idle database connection was lost', { reason: errorMessage(error) }),
    extra: {
      statement_timeout: 4_000,
      lock_timeout: 3_000,
      idle_in_transaction_session_timeout: 10_000,
      // Ends the wait for a server that no longer answers at all.
      query_timeout: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      idleTimeoutMillis: 30_000,
      // Called once for each new connection. Without this listener, a connection that breaks before
      // TypeORM adds its own would end the process. The query on the connection fails in any case.
      verify: (
        client: { on(event: 'error', listener: () => void): void },
        done: () => void,
      ): void => {
        client.on('error', () => undefined);
        done();
      },
    },
  });
}

/**
 * A second data source with long timeouts: one connection holds the lock, the other runs the
 * migrations.
 */
export function createMigrator({ options }: DataSource): DataSource {
  if (options.type !== 'postgres') throw new TypeError('the migrations are written for Postgres');
  return new DataSource({
    ...options,
    entities: [],
    poolSize: 2,
    maxQueryExecutionTime: migrationTimeoutMs,
    extra: { statement_timeout: migrationTimeoutMs, query_timeout: migrationTimeoutMs },
  });
}
