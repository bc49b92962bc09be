import { globSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import type { TestDatabase } from '@sluice/testkit';
import type { DataSource, EntityMetadata } from 'typeorm';
import { IdempotencyRecordEntity } from '../idempotency/idempotency-record.entity.ts';
import { JsonLogger } from '../logger.ts';
import { createDataSource } from './data-source.ts';
import { openDatabase } from './open-database.ts';

type EntityClass = new () => object;

interface ColumnOfTable {
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly isPrimary: boolean;
  readonly hasDefault: boolean;
}

const logger = new JsonLogger('silent');

/**
 * Every class that a file `*.entity.ts` exports, so that new entities are compared without a list.
 */
async function allEntities(): Promise<EntityClass[]> {
  const sources = new URL('../../', import.meta.url);
  const paths = globSync('**/*.entity.ts', { cwd: sources.pathname });
  const modules = await Promise.all(
    paths.map(
      (path) => import(new URL(path, sources).href) as Promise<Record<string, EntityClass>>,
    ),
  );
  return modules.flatMap((module) => Object.values(module));
}

/** The columns of an entity, described as in the database's catalogue. */
function mappedColumns(dataSource: DataSource, metadata: EntityMetadata): ColumnOfTable[] {
  return metadata.columns
    .map((column) => ({
      name: column.databaseName,
      type: dataSource.driver.normalizeType(column),
      isNullable: column.isNullable,
      isPrimary: column.isPrimary,
      hasDefault: column.default !== undefined,
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

async function realColumns(dataSource: DataSource, table: string): Promise<ColumnOfTable[]> {
  const columns = await dataSource.query<ColumnOfTable[]>(
    `SELECT column_name AS name, data_type AS type, is_nullable = 'YES' AS "isNullable",
       column_default IS NOT NULL AS "hasDefault",
       EXISTS (
         SELECT FROM information_schema.key_column_usage AS used
         JOIN information_schema.table_constraints AS held USING (constraint_name, table_name)
         WHERE held.constraint_type = 'PRIMARY KEY'
           AND used.table_name = $1 AND used.column_name = columns.column_name) AS "isPrimary"
     FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1`,
    [table],
  );
  return columns.sort((one, other) => one.name.localeCompare(other.name));
}

describe('the entities', () => {
  let test: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    test = await createTestDatabase();
    dataSource = createDataSource(test.url, logger, await allEntities());
    await openDatabase(dataSource, 5_000, logger);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await test.drop();
  });

  it('map exactly the columns that the migrations create', async () => {
    const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName).sort();
    expect(tables).toEqual(['admin_token', 'control_plane', 'idempotency_record', 'node']);
    for (const metadata of dataSource.entityMetadatas) {
      expect({ table: metadata.tableName, columns: mappedColumns(dataSource, metadata) }).toEqual({
        table: metadata.tableName,
        columns: await realColumns(dataSource, metadata.tableName),
      });
    }
  });

  it('report an unavailable database like plain SQL, and do not reuse the broken connection', async () => {
    const records = dataSource.getRepository(IdempotencyRecordEntity);
    const closeOthers = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    await Promise.all([records.count(), records.count(), records.count()]);
    await dataSource.query(closeOthers);
    for (let count = 0; count < 20; count += 1) {
      await records
        .count()
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'database_unavailable' }));
    }
    expect(await records.count()).toBe(0);
  });

  it('time out when another transaction holds the row', async () => {
    const records = dataSource.getRepository(IdempotencyRecordEntity);
    const tokenId = '00000000-0000-4000-8000-000000000000';
    await records.insert({
      tokenId,
      key: 'held',
      requestHash: 'x',
      status: 200,
      headers: {},
      body: {},
      sealed: null,
    });
    const holder = dataSource.createQueryRunner();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM idempotency_record FOR UPDATE');
    await expect(records.delete({ tokenId })).rejects.toMatchObject({
      code: 'database_unavailable',
    });
    await holder.query('ROLLBACK');
    await holder.release();
    expect((await records.delete({ tokenId })).affected).toBe(1);
  });
});
