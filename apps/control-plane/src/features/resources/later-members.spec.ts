import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

let api: TestControlPlane;

beforeAll(async () => {
  api = await startTestControlPlane();
});
afterAll(() => api.close());

/** Changes a stored resource as a control plane of a later release does. */
const storeLater = (name: string, members: object): Promise<unknown> =>
  api.sql('UPDATE resource SET spec = spec || $2, version = version + 1 WHERE name = $1', [
    name,
    JSON.stringify(members),
  ]);
const stored = async (name: string): Promise<unknown> =>
  (await api.sql<{ spec: unknown }>('SELECT spec FROM resource WHERE name = $1', [name]))[0]?.spec;

describe('a resource that a later release has stored', () => {
  it('is shown as it is, and keeps its newer properties over writes', async () => {
    const targets = [{ address: '127.0.0.1:1' }, { address: '127.0.0.1:2' }];
    await api.post('/v1/services', { name: 'later', targets });
    await storeLater('later', {
      note: { by: 'later' },
      targets: targets.map((target, index) => ({ ...target, weight: 100, zone: index })),
    });
    const { body: shown, headers } = await api.get('/v1/services/later');
    expect(shown).toMatchObject({ note: { by: 'later' }, targets: [{ zone: 0 }, { zone: 1 }] });
    const etag = headers.get('etag') ?? '';

    expect((await api.put('/v1/services/later', shown, { 'If-Match': etag })).status).toBe(200);
    expect((await api.get('/v1/services/later')).headers.get('etag')).toBe(etag);
    await api.patch('/v1/services/later', { tags: ['x'], targets: [{ address: '127.0.0.1:2' }] });
    await api.put('/v1/services/later', { targets: [{ address: '127.0.0.1:2', weight: 7 }] });
    expect(await stored('later')).toMatchObject({
      note: { by: 'later' },
      targets: [{ address: '127.0.0.1:2', weight: 7, zone: 1 }],
      tags: [],
    });
    for (const content of [{ note: null }, { note: 'x' }, { other: 1 }]) {
      const { status, body } = await api.patch('/v1/services/later', content);
      expect([status, body.errors]).toMatchObject([
        400,
        [{ pointer: 'other' in content ? '/other' : '/note' }],
      ]);
    }
  });

  it('protects what a newer property refers to', async () => {
    await api.post('/v1/quotas', { name: 'used', limits: [{ requests: 1, per: 'day' }] });
    const { body: group } = await api.post('/v1/groups', { name: 'later-group' });
    const { body: quota } = await api.get('/v1/quotas/used');
    const { id: source } = group as unknown as { id: string };
    const { id: target } = quota as unknown as { id: string };
    await storeLater('later-group', { extra: target });
    await api.sql("INSERT INTO resource_reference VALUES ($1, '/extra', $2)", [source, target]);
    expect((await api.patch('/v1/groups/later-group', { tags: ['x'] })).status).toBe(200);
    expect((await api.delete('/v1/quotas/used')).status).toBe(409);
  });

  it('is neither shown nor deleted when its kind is not known, and breaks no list', async () => {
    const id = randomUUID();
    await api.sql(
      `WITH head AS (UPDATE config_head SET revision = revision + 1 RETURNING revision),
         entry AS (INSERT INTO revision (revision, actor, request_id) SELECT revision, '', '' FROM head),
         row AS (INSERT INTO resource (id, kind, name, spec) VALUES ($1, 'gadget', 'g', '{"name":"g"}'))
       INSERT INTO change (revision, ordinal, kind, resource_id, name, after)
       SELECT revision, 1, 'gadget', $1, 'g', '{"name":"g"}' FROM head`,
      [id],
    );
    const { status, body } = await api.get('/v1/revisions?limit=1');
    expect([status, body.data]).toMatchObject([200, [{ changes: [{ kind: 'gadget', id }] }]]);
    const revision = body.data?.[0]?.['revision'] as number;
    expect((await api.get(`/v1/revisions/${revision}`)).status).toBe(200);
    expect((await api.get(`/v1/revisions/${revision}/status`)).status).toBe(200);
    expect((await api.post('/v1/consumers', { username: 'g' })).status).toBe(201);
    expect(await api.sql('SELECT 1 FROM resource WHERE id = $1', [id])).toHaveLength(1);
    expect(api.log()).not.toContain('"level":"error"');
  });
});

describe('a control plane', () => {
  it('registers, with what it knows, and signs off when it stops', async () => {
    const rows = await api.sql<object>(
      'SELECT name, schema_level AS level, kinds FROM control_plane',
    );
    expect(rows).toMatchObject([
      {
        name: expect.stringContaining(`:${process.pid}`),
        level: 1,
        kinds: expect.arrayContaining(['route']),
      },
    ]);
    expect(await api.sql('SELECT level FROM schema_rules')).toEqual([{ level: 1 }]);
    await api.stop();
    expect(await api.sql('SELECT 1 FROM control_plane')).toEqual([]);
  });
});
