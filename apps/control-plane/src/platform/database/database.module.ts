import { Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SETTINGS } from '../env.ts';
import type { Settings } from '../env.ts';
import { Logger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { Database } from './database.ts';
import { openDatabase } from './open-database.ts';

/**
 * Opens the database before anything that asks it starts. Whoever starts the application closes it, after everything else:
 * what other modules still write while they stop must find it open.
 */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [SETTINGS, Logger],
      useFactory: async (settings: Settings, logger: Logger) => {
        const dataSource = createDataSource(settings.databaseUrl, logger);
        await openDatabase(dataSource, settings.databaseWaitMs, logger);
        return dataSource;
      },
    },
    { provide: Database, inject: [DataSource], useFactory: (dataSource: DataSource) => new Database(dataSource) },
  ],
  exports: [Database],
})
export class DatabaseModule {}
