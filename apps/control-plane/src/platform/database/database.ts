import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityTarget, ObjectLiteral, QueryRunner, Repository } from 'typeorm';
import { isConnectionLost, isRetryable } from './database-errors.ts';
import { closeConnection } from './guarded-data-source.ts';

/** Runs SQL with the parameters `$1`, `$2` … and returns the rows. */
export interface Sql {
  query<Row extends object>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/**
 * An open transaction. Queries and repositories use its connection, and are valid until `work`
 * returns.
 */
export interface Transaction extends Sql {
  /** The rows of an entity's table. */
  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity>;
}

/** Connections of the pool, by what they do, and how many callers wait for one. */
export interface PoolUse {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

const maxAttempts = 5;

/**
 * Runs single SQL statements and all transactions. When the database is unavailable, a call rejects
 * with `database_unavailable` within seconds, and the next call tries again.
 */
export class Database implements Sql {
  /** Errors are those of a `GuardedDataSource`. */
  constructor(private readonly dataSource: DataSource) {}

  /** Runs one statement outside a transaction. */
  async query<Row extends object>(
    text: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await rows<Row>(runner, text, parameters);
    } finally {
      await runner.release();
    }
  }

  /**
   * Runs `work` in a transaction (read committed) and commits it. After a deadlock or a
   * serialization failure it runs the whole transaction again, a few times, so `work` must have no
   * effects besides SQL.
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

  /** How the connections of the pool are used now; all 0 while it is not open. */
  pool(): PoolUse {
    const { master } = this.dataSource.driver as unknown as {
      readonly master?: { totalCount: number; idleCount: number; waitingCount: number };
    };
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = master ?? {};
    return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async attempt<Result>(
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
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

async function rows<Row extends object>(
  runner: QueryRunner,
  text: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await runner.query(text, [...parameters], true);
  return result.records as Row[];
}

/** Rolls back; closes a connection on which that fails, which also rolls back. */
async function rollBack(runner: QueryRunner, error: unknown): Promise<void> {
  if (isConnectionLost(error)) return closeConnection(runner);
  await rows(runner, 'ROLLBACK').catch(() => closeConnection(runner));
}
