import { DataSource } from 'typeorm';
import type { ObjectLiteral, QueryResult, QueryRunner, ReplicationMode } from 'typeorm';
import { databaseFault, isConnectionLost } from './database-errors.ts';

/**
 * A data source that treats failures alike, whether a repository, a query builder or plain SQL ran into them: a broken
 * connection never goes back to the pool, and a database that cannot be asked is the error `database_unavailable`.
 */
export class GuardedDataSource extends DataSource {
  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    const query = runner.query.bind(runner);
    const guarded = async (
      text: string,
      parameters: unknown[] | ObjectLiteral | undefined,
      isStructured: true,
    ): Promise<QueryResult> => {
      try {
        return await query(text, parameters, isStructured);
      } catch (error) {
        if (isConnectionLost(error)) await closeConnection(runner);
        throw databaseFault(error);
      }
    };
    // TypeORM sends every statement through this method, those of entity managers and query builders included.
    runner.query = guarded as QueryRunner['query'];
    return runner;
  }
}

/** Closes the connection of a query runner, which rolls back what it has not committed. The pool then drops it. */
export async function closeConnection(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: unknown = await runner.connect().catch(() => undefined);
  if (hasEnd(client)) void client.end().catch(() => undefined);
}

function hasEnd(client: unknown): client is { end(): Promise<void> } {
  return typeof client === 'object' && client !== null && 'end' in client && typeof client.end === 'function';
}
