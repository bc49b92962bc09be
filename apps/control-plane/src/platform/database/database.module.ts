import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { SETTINGS } from '../env.ts';
import type { Settings } from '../env.ts';
import { Logger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { Database } from './database.ts';
import { openDatabase } from './open-database.ts';

/** What `useFactory` hands to `dataSourceFactory`, which has no injection of its own. */
type OpeningOptions = TypeOrmModuleOptions & { readonly settings: Settings; readonly log: Logger };

/** Takes the options that `useFactory` made; `autoLoadEntities` has added the entities of all modules to them. */
async function openDataSource(options?: DataSourceOptions): Promise<DataSource> {
  const { settings, log, entities } = options as OpeningOptions;
  const dataSource = createDataSource(settings.databaseUrl, log, entities);
  await openDatabase(dataSource, settings.databaseWaitMs, log);
  return dataSource;
}

/**
 * Opens the database before any provider that uses it is made. The module of TypeORM closes it on shutdown; being global,
 * it does so after the modules that are not, so what those write while they stop finds the database open.
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
        // `openDatabase` waits, tries again and says what to check; a second loop would only repeat that.
        toRetry: () => false,
        retryAttempts: 0,
      }),
      dataSourceFactory: openDataSource,
    }),
  ],
  providers: [
    {
      provide: Database,
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => new Database(dataSource),
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
