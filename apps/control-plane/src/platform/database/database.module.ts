import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { SETTINGS } from '../env.ts';
import type { Settings } from '../env.ts';
import { ControlPlaneMetrics } from '../metrics/control-plane-metrics.ts';
import { Logger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { Database } from './database.ts';
import { openDatabase } from './open-database.ts';

/**
 * The options that `useFactory` passes to `dataSourceFactory`, into which nothing can be injected.
 */
type OpeningOptions = TypeOrmModuleOptions & { readonly settings: Settings; readonly log: Logger };

/**
 * Opens the data source with the options of `useFactory`, to which `autoLoadEntities` adds all
 * entities.
 */
async function openDataSource(options?: DataSourceOptions): Promise<DataSource> {
  const { settings, log, entities } = options as OpeningOptions;
  const dataSource = createDataSource(settings.databaseUrl, log, entities);
  await openDatabase(dataSource, settings.databaseWaitMs, log);
  return dataSource;
}

/**
 * Opens the database before any provider that uses it is created. TypeORM's module closes it on
 * shutdown. That module is global, so it stops after the modules that are not global, which may
 * still write while they stop.
 *
 * A feature registers its entities with `TypeOrmModule.forFeature`.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [SETTINGS, Logger],
      useFactory: (settings: Settings, log: Logger): OpeningOptions => ({
        settings,
        log,
        autoLoadEntities: true,
        // `openDatabase` retries and says what to check; TypeORM must not retry as well.
        toRetry: () => false,
        retryAttempts: 0,
      }),
      dataSourceFactory: openDataSource,
    }),
  ],
  providers: [
    {
      provide: Database,
      inject: [DataSource, ControlPlaneMetrics],
      useFactory: (dataSource: DataSource, metrics: ControlPlaneMetrics) => {
        const database = new Database(dataSource);
        metrics.registry.onCollect(() => {
          const { inUse, idle, waiting } = database.pool();
          metrics.databaseConnections.set(inUse, 'in_use');
          metrics.databaseConnections.set(idle, 'idle');
          metrics.databaseWaiting.set(waiting);
        });
        return database;
      },
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
