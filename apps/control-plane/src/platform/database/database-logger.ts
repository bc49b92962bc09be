import type { Logger as TypeOrmLogger } from 'typeorm';
import type { Logger } from '../logger.ts';

/** Lets TypeORM speak through our log. Failed queries are reported by whoever asked, and parameters are never logged. */
export function databaseLogger(logger: Logger): TypeOrmLogger {
  return {
    logQuery: () => undefined,
    logQueryError: () => undefined,
    logQuerySlow: (timeMs, query) => logger.warn('slow query', { timeMs, query }),
    logSchemaBuild: () => undefined,
    logMigration: () => undefined,
    log: (level, message) => {
      if (level === 'warn') logger.warn(String(message));
    },
  };
}
