import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdminClient } from '@sluice/admin-client';
import type { AdminResponse } from '@sluice/admin-client';
import { createTestDatabase } from '@sluice/testkit';
import pg from 'pg';
import { startControlPlane } from '../app.ts';
import { readSettings } from '../platform/env.ts';
import { JsonLogger } from '../platform/logger.ts';

/** The admin token of every control plane in a spec. */
export const testAdminToken = 'Zk3hT9qLw2Xc8vBn5mRt7yUp';

/** A response with the members of its content that specs read most. */
export type TestAnswer = AdminResponse & {
  readonly body: {
    readonly errors?: readonly { pointer: string; detail: string }[];
    readonly data?: readonly Record<string, unknown>[];
  };
};

type RequestHeaders = Readonly<Record<string, string>>;

/** A complete control plane with its own port and database, used over HTTP. */
export interface TestControlPlane {
  readonly url: string;
  readonly databaseUrl: string;
  /** Sends a string unchanged and any other content as JSON. */
  request(
    method: string,
    path: string,
    content?: unknown,
    headers?: RequestHeaders,
  ): Promise<TestAnswer>;
  get(path: string, headers?: RequestHeaders): Promise<TestAnswer>;
  post(path: string, content: unknown, headers?: RequestHeaders): Promise<TestAnswer>;
  put(path: string, content: unknown, headers?: RequestHeaders): Promise<TestAnswer>;
  patch(path: string, content: unknown, headers?: RequestHeaders): Promise<TestAnswer>;
  delete(path: string, headers?: RequestHeaders): Promise<TestAnswer>;
  /** Queries the database directly. */
  sql<Row extends object>(text: string, parameters?: unknown[]): Promise<Row[]>;
  /** The log so far. */
  log(): string;
  /** Stops the control plane as a signal does, and keeps its database. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a control plane. `env` is added to its environment. */
export async function startTestControlPlane(
  env: Readonly<Record<string, string>> = {},
): Promise<TestControlPlane> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-control-plane-'));
  const lines: string[] = [];
  const settings = readSettings({
    DATABASE_URL: database.url,
    SLUICE_DATA_DIR: dataDir,
    SLUICE_ADMIN_PORT: '0',
    SLUICE_STREAM_PORT: '0',
    SLUICE_ADMIN_TOKEN: testAdminToken,
    ...env,
  });
  const controlPlane = await startControlPlane(
    settings,
    new JsonLogger('info', { write: (line) => lines.push(line) }),
  );
  let stopped: Promise<void> | undefined;
  const client = new pg.Client({ connectionString: settings.databaseUrl });
  client.on('error', () => {});
  await client.connect();

  const admin = createAdminClient({ url: controlPlane.adminUrl, token: testAdminToken });
  const request: TestControlPlane['request'] = (method, path, content, headers = {}) =>
    admin.request(method, path, {
      ...(typeof content === 'string' ? { text: content } : { content }),
      // Without a media type of its own, a patch is sent as `application/json`, like by curl users.
      headers: {
        ...(content === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
    });
  return {
    url: controlPlane.adminUrl,
    databaseUrl: settings.databaseUrl,
    request,
    get: (path, headers) => request('GET', path, undefined, headers),
    post: (path, content, headers) => request('POST', path, content, headers),
    put: (path, content, headers) => request('PUT', path, content, headers),
    patch: (path, content, headers) => request('PATCH', path, content, headers),
    delete: (path, headers) => request('DELETE', path, undefined, headers),
    sql: async <Row extends object>(text: string, parameters: unknown[] = []) =>
      (await client.query<Row>(text, parameters)).rows,
    log: () => lines.join(''),
    stop: () => (stopped ??= controlPlane.close()),
    close: async () => {
      await (stopped ??= controlPlane.close());
      await client.end();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
