import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { createTestDatabase } from '@sluice/testkit';
import { DataSource } from 'typeorm';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import { migrations } from './migrations/index.ts';
import { Credentials1764470000000 } from './migrations/1764470000000-credentials.ts';

const id = (n: number): string => `6c7f1e0a-3b58-4f0e-9d51-00000000000${n}`;
const key = 'a-key-of-before-the-upgrade';
const hash = createHash('sha256').update(key).digest('hex');
const stored = { name: 'old', consumer: id(1), hash, prefix: 'a-ke', tags: ['t'] };

it('keys of an older database are credentials after the upgrade, in the history as well', async () => {
  const test = await createTestDatabase();
  const before = new DataSource({
    type: 'postgres',
    url: test.url,
    migrations: migrations.slice(0, migrations.indexOf(Credentials1764470000000)),
  });
  await before.initialize();
  await before.runMigrations();
  const insert =
    'INSERT INTO resource (id, kind, scope, name, spec, tags) VALUES ($1, $2, $3, $4, $5, $6)';
  const consumer = { username: 'acme', groups: [], quotas: [], policies: [], tags: [] };
  await before.query(insert, [id(1), 'consumer', null, 'acme', JSON.stringify(consumer), []]);
  await before.query(insert, [id(2), 'key', id(1), 'old', JSON.stringify(stored), ['t']]);
  await before.query(
    `INSERT INTO resource_reference (source, pointer, target) VALUES ($1, '/consumer', $2)`,
    [id(2), id(1)],
  );
  await before.query('UPDATE config_head SET revision = 2');
  await before.query(
    `INSERT INTO revision (revision, actor, request_id) VALUES (1, 'a', 'r'), (2, 'a', 'r')`,
  );
  await before.query(
    `INSERT INTO change (revision, ordinal, kind, resource_id, name, before, after)
     VALUES (1, 1, 'key', $1, 'old', NULL, $3), (2, 1, 'key', $2, 'gone', $3, NULL)`,
    [id(2), id(3), JSON.stringify(stored)],
  );
  await before.destroy();

  const api = await startTestControlPlane({ DATABASE_URL: test.url });
  try {
    const shown = { id: id(2), name: 'old', consumer: 'acme', prefix: 'a-ke', tags: ['t'] };
    const short = await api.get('/v1/consumers/acme/keys/old');
    expect(short).toMatchObject({ status: 200, body: shown });
    expect(short.body).not.toHaveProperty('type');
    const long = await api.get('/v1/consumers/acme/credentials?type=key');
    expect(long.body.data).toMatchObject([{ ...shown, type: 'key' }]);
    expect((await api.get('/v1/revisions/1')).body['changes']).toMatchObject([
      { kind: 'credential', action: 'created', after: { type: 'key', name: 'old' } },
    ]);
    expect((await api.get('/v1/revisions/2')).body['changes']).toMatchObject([
      { kind: 'credential', action: 'deleted', before: { type: 'key' }, after: null },
    ]);
    const again = await api.post('/v1/consumers/acme/keys', { name: 'again', key });
    expect(again).toMatchObject({ status: 409, body: { errors: [{ pointer: '/key' }] } });
    const patched = await api.patch('/v1/consumers/acme/keys/old', { tags: [] });
    expect(patched.status).toBe(200);
    expect((await api.delete('/v1/consumers/acme/keys/old')).status).toBe(204);
  } finally {
    await api.close();
    await test.drop();
  }
});
