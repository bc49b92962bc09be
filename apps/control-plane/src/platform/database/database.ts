import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { databaseFault, isConnectionLost, isRetryable } from './database-errors.ts';

/** Runs SQL. `$1`, `$2` … stand for the parameters; an answer is its rows. */
export interface Sql {
  query<Row extends object>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

const maxAttempts = 5;

/**
 * The way to Postgres for all repositories. A database that cannot be asked ends in the error `database_unavailable`
 * within seconds, and the next call tries again.
 */
export class Database implements Sql {
  constructor(private readonly dataSource: DataSource) {}

  /** One statement on its own. */
  async query<Row extends object>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await rows<Row>(runner, text, parameters);
    } catch (error) {
      if (isConnectionLost(error)) await discard(runner);
      throw databaseFault(error);
    } finally {
      await runner.release();
    }
  }

  /**
   * Runs `work` in a transaction (read committed) and commits it. On a deadlock or serialization failure the whole of it
   * is repeated a few times, so `work` must do nothing but SQL.
   */
  async transaction<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt === maxAttempts || !isRetryable(error)) throw databaseFault(error);
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  /** Lets go of all connections. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async attempt<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await rows(runner, 'BEGIN');
      const result = await work({ query: (text, parameters) => rows(runner, text, parameters) });
      await rows(runner, 'COMMIT');
      return result;
    } catch (error) {
      await rollBack(runner, error);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

async function rows<Row extends object>(runner: QueryRunner, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const result = await runner.query(text, [...parameters], true);
  return result.records as Row[];
}

/** A connection that cannot roll back any more is closed, which rolls back too. */
async function rollBack(runner: QueryRunner, error: unknown): Promise<void> {
  if (isConnectionLost(error)) return discard(runner);
  await rows(runner, 'ROLLBACK').catch(() => discard(runner));
}

/** Keeps a broken connection from going back to the pool. */
async function discard(runner: QueryRunner): Promise<void> {
  if (runner.isReleased) return;
  const client: unknown = await runner.connect().catch(() => undefined);
  if (hasEnd(client)) void client.end().catch(() => undefined);
}

function hasEnd(client: unknown): client is { end(): Promise<void> } {
  return typeof client === 'object' && client !== null && 'end' in client && typeof client.end === 'function';
}
