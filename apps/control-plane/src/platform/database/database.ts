import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityTarget, ObjectLiteral, QueryRunner, Repository } from 'typeorm';
import { isConnectionLost, isRetryable } from './database-errors.ts';
import { closeConnection } from './guarded-data-source.ts';

/** Runs SQL. `$1`, `$2` … stand for the parameters; an answer is its rows. */
export interface Sql {
  query<Row extends object>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction that has begun. Both ways to the rows use its connection, only until its work has ended. */
export interface Transaction extends Sql {
  /** The rows of an entity's table. */
  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity>;
}

const maxAttempts = 5;

/**
 * The way to Postgres for the repositories that speak SQL, and for all transactions. A database that cannot be asked ends
 * in the error `database_unavailable` within seconds, and the next call tries again.
 */
export class Database implements Sql {
  /** The errors are those of a `GuardedDataSource`. */
  constructor(private readonly dataSource: DataSource) {}

  /** One statement on its own. */
  async query<Row extends object>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await rows<Row>(runner, text, parameters);
    } finally {
      await runner.release();
    }
  }

  /**
   * Runs `work` in a transaction (read committed) and commits it. On a deadlock or serialization failure the whole of it
   * is repeated a few times, so `work` must do nothing but SQL.
   */
  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt === maxAttempts || !isRetryable(error)) throw error;
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async attempt<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await rows(runner, 'BEGIN');
      const result = await work({
        query: (text, parameters) => rows(runner, text, parameters),
        repository: (entity) => runner.manager.getRepository(entity),
      });
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
  if (isConnectionLost(error)) return closeConnection(runner);
  await rows(runner, 'ROLLBACK').catch(() => closeConnection(runner));
}
