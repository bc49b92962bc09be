import { Global, Inject, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SETTINGS } from '../env.ts';
import type { Settings } from '../env.ts';
import { Logger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { Database } from './database.ts';
import { openDatabase } from './open-database.ts';

/** Opens the database before anything that asks it starts, and closes it after everything else has stopped. */
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
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
