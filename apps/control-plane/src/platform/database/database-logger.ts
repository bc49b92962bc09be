import type { Logger as TypeOrmLogger } from 'typeorm';
import type { Logger } from '../logger.ts';

/**
 * Writes TypeORM's messages to our log. Failed queries are logged by their callers; parameters
 * never are.
 */
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
