import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createTestDatabase, testKeyPrefix, testRedisUrl } from '@sluice/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startTestServices } from './test-services.ts';

const folder = fileURLToPath(new URL('../../.cache/postgres', import.meta.url));
const variables = ['SLUICE_TEST_DATABASE_URL', 'SLUICE_TEST_REDIS_URL'] as const;
const original = variables.map((name) => process.env[name]);

beforeEach(() => {
  for (const name of variables) delete process.env[name];
});

afterEach(() => {
  for (const [index, name] of variables.entries()) {
    if (original[index] !== undefined) process.env[name] = original[index];
  }
});

it('gives specs databases of their own on services that leave nothing behind', async () => {
  // What a run leaves that was killed: no process has a pid that high.
  const abandoned = join(folder, '4194305-abandoned');
  mkdirSync(abandoned, { recursive: true });
  const services = await startTestServices(() => {});
  expect(existsSync(abandoned)).toBe(false);
  Object.assign(process.env, services.env);

  const [one, other] = [await createTestDatabase(), await createTestDatabase()];
  expect(one.url).not.toBe(other.url);
  const client = new pg.Client({ connectionString: one.url });
  client.on('error', () => {});
  await client.connect();
  expect(
    (
      await client.query('SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = $1', [
        'public',
      ])
    ).rows,
  ).toEqual([{ tables: 0 }]);
  // Dropping does not wait for open connections.
  await one.drop();
  await expect(client.query('SELECT 1')).rejects.toThrow();

  const redis = new Redis(testRedisUrl());
  expect(await redis.set(`${testKeyPrefix()}a`, '1')).toBe('OK');
  redis.disconnect();

  await services.stop();
  expect(readdirSync(folder).filter((name) => name.startsWith(`${process.pid}-`))).toEqual([]);
});

it('tells how to run a spec that has no services', async () => {
  await expect(createTestDatabase()).rejects.toThrow(
    /needs a real Postgres, and SLUICE_TEST_DATABASE_URL is not set\. Run it with "npm test -- <pattern>"/,
  );
  expect(() => testRedisUrl()).toThrow(/needs a real Redis, and SLUICE_TEST_REDIS_URL is not set/);
});
