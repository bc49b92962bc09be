import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of its own for one spec. */
export type TestDatabase = {
  readonly url: string;
  /** Removes the database and closes open connections. */
  drop(): Promise<void>;
};

// Shorter than the 60 s of a hook, so that a statement that hangs is named in the error.
const timeoutMs = 45_000;

/**
 * Creates an empty database on the Postgres that the test run started.
 * @throws Error when there is none: a spec fails without a real Postgres, it is never skipped.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = requiredUrl('SLUICE_TEST_DATABASE_URL', 'Postgres');
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/**
 * The address of a Redis database for this jest worker alone: specs of one worker run one after
 * another, so a spec may flush it (`FLUSHDB`, never `FLUSHALL`).
 * @throws Error when there is none: a spec fails without a real Redis, it is never skipped.
 */
export function testRedisUrl(): string {
  const url = new URL(requiredUrl('SLUICE_TEST_REDIS_URL', 'Redis'));
  url.pathname = `/${process.env['JEST_WORKER_ID'] ?? '0'}`;
  return url.href;
}

/** A prefix for keys that no other spec uses. */
export function testKeyPrefix(): string {
  return `test:${randomBytes(6).toString('hex')}:`;
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({
    connectionString: serverUrl,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // A connection that breaks fails the query under way; without a listener it would also end the
  // test process.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function requiredUrl(variable: string, server: string): string {
  const url = process.env[variable];
  if (url !== undefined && url !== '') return url;
  throw new Error(
    `This spec needs a real ${server}, and ${variable} is not set. Run it with "npm test -- <pattern>", ` +
      'which starts one, or run "node scripts/dev-services.ts" and export what it prints.',
  );
}
