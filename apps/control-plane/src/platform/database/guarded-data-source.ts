import { DataSource } from 'typeorm';
import type { ObjectLiteral, QueryResult, QueryRunner, ReplicationMode } from 'typeorm';
import { inQuerySpan } from '../tracing/spans.ts';
import { databaseFault, isConnectionLost } from './database-errors.ts';

/**
 * A data source that handles failures of repositories, query builders and plain SQL in the same
 * way: it never returns a broken connection to the pool, and rejects with `database_unavailable`
 * when the database is unavailable.
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
        return await inQuerySpan(text, () => query(text, parameters, isStructured));
      } catch (error) {
        if (isConnectionLost(error)) await closeConnection(runner);
        throw databaseFault(error);
      }
    };
    // TypeORM sends all statements through this method, including those of entity managers and
    // query builders.
    runner.query = guarded as QueryRunner['query'];
    return runner;
  }
}

/**
 * Closes the connection of a query runner, which rolls back its transaction. The pool then discards
 * it.
 */
export async function closeConnection(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: unknown = await runner.connect().catch(() => undefined);
  if (hasEnd(client)) void client.end().catch(() => undefined);
}

function hasEnd(client: unknown): client is { end(): Promise<void> } {
  return (
    typeof client === 'object' &&
    client !== null &&
    'end' in client &&
    typeof client.end === 'function'
  );
}
