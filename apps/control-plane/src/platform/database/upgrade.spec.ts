import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import { DataSource } from 'typeorm';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import { InitialSchema1763900000000 } from './migrations/1763900000000-initial-schema.ts';

const secret = 'sla_of-the-time-before-the-upgrade';
const hash = createHash('sha256').update(secret).digest('hex');
const [tokenId, replica] = [
  '6c7f1e0a-3b58-4f0e-9d51-0f6f5f6f0a01',
  '6c7f1e0a-3b58-4f0e-9d51-0f6f5f6f0a02',
];

describe('a database of the first release', () => {
  it('is migrated at the start, and its tokens, nodes and idempotency records still work', async () => {
    const test = await createTestDatabase();
    const before = new DataSource({
      type: 'postgres',
      url: test.url,
      migrations: [InitialSchema1763900000000],
    });
    await before.initialize();
    await before.runMigrations();
    await before.query(
      `INSERT INTO admin_token (id, name, hash, role, created_at)
       VALUES ($1, 'old', $2, 'admin', '2025-12-01T00:00:00Z')`,
      [tokenId, hash],
    );
    await before.query(
      `INSERT INTO node (id, gateway, version, replica, state, applied_revision, nacked_revision, targets)
       VALUES ('old-node', 'gone', '1', $1, 'live', 4, 5,
         '[{"service":"s","address":"127.0.0.1:1","healthy":false}]')`,
      [replica],
    );
    await before.query(
      `INSERT INTO idempotency_record (token_id, key, request_hash, status, headers, body, created_at) VALUES
         ($1, 'expired', 'x', 201, '{}', '{}', now() - interval '25 hours'), ($1, 'recent', 'x', 201, '{}', '{}', now())`,
      [tokenId],
    );
    await before.destroy();

    const api = await startTestControlPlane({ DATABASE_URL: test.url });
    const authorization = { Authorization: `Bearer ${secret}` };
    expect(await api.get('/v1/tokens/old', authorization)).toMatchObject({
      status: 200,
      body: { id: tokenId, role: 'admin', createdAt: '2025-12-01T00:00:00.000Z' },
    });
    const listed = (await api.get('/v1/tokens', authorization)).body.data;
    expect(listed).toMatchObject([{ name: 'old', lastUsedAt: expect.any(String) }]);
    expect((await api.get('/v1/nodes/old-node', authorization)).body).toMatchObject({
      id: 'old-node',
      appliedRevision: 4,
      nackedRevision: 5,
      faults: [],
      targets: [{ service: 's', address: '127.0.0.1:1', healthy: false }],
    });
    const keys = async (): Promise<string[]> => {
      const rows = await api.sql<{ key: string }>('SELECT key FROM idempotency_record');
      return rows.map(({ key }) => key);
    };
    // Expired records are deleted in the background after the start.
    for (let tries = 0; tries < 200 && String(await keys()) !== 'recent'; tries += 1)
      await sleep(25);
    expect(await keys()).toEqual(['recent']);
    await api.close();
    await test.drop();
  });
});
