import pg from 'pg';
import { SetupError } from '../process/setup-error.ts';

const timeoutMs = 10_000;

/**
 * Makes sure a database exists, asking over a real connection: it is also the proof that the server
 * lets us in.
 * @param adminUrl the address of a database that surely exists, with the right to create others
 * @throws SetupError when the server cannot be reached or refuses.
 */
export async function ensureDatabase(adminUrl: string, database: string): Promise<void> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(database))
    throw new SetupError(
      `"${database}" is no name for a database: use small letters, digits and underscores.`,
    );
  const client = new pg.Client({
    connectionString: adminUrl,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // A broken connection is reported by the query under way; without a listener it would also end
  // this process.
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } catch (error) {
    throw new SetupError(`Postgres runs but does not serve us: ${(error as Error).message}`);
  } finally {
    await client.end().catch(() => {});
  }
}
