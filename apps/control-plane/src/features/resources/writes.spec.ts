import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const targets = [{ address: '127.0.0.1:9101' }];

describe('writing resources', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  const head = async (): Promise<number> =>
    Number((await api.sql<{ revision: string }>('SELECT revision FROM config_head'))[0]?.revision);

  it('POST creates with every default and answers with location, entity tag and revision', async () => {
    const before = await head();
    const answer = await api.post('/v1/services', { name: 'orders', targets, tags: ['team:shop'] });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      name: 'orders',
      protocol: 'http',
      targets: [{ address: '127.0.0.1:9101', weight: 100 }],
      basePath: '/',
      tags: ['team:shop'],
      revision: before + 1,
    });
    expect(answer.headers.get('location')).toBe(`/v1/services/${String(answer.body['id'])}`);
    expect(answer.headers.get('sluice-revision')).toBe(String(before + 1));
    const read = await api.get(answer.headers.get('location') ?? '');
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
    const { revision: _revision, ...created } = answer.body;
    expect(read.body).toEqual(created);
    expect((await api.get('/v1/services/orders')).body).toEqual(created);
  });

  it('POST refuses a name that is taken, and the same name may be used by another kind', async () => {
    await api.post('/v1/groups', { name: 'twice' });
    const answer = await api.post('/v1/groups', { name: 'twice' });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'name_taken', errors: [{ pointer: '/name' }] },
    });
    expect(
      (await api.post('/v1/quotas', { name: 'twice', limits: [{ requests: 1, per: 'second' }] }))
        .status,
    ).toBe(201);
  });

  it('PUT creates under the name in the path and then replaces as a whole', async () => {
    const created = await api.put('/v1/consumers/acme', { customId: 'c-1', tags: ['a'] });
    expect(created).toMatchObject({ status: 201, body: { username: 'acme', customId: 'c-1' } });
    expect(created.headers.get('location')).toBe(`/v1/consumers/${String(created.body['id'])}`);
    const replaced = await api.put('/v1/consumers/acme', { username: 'acme' });
    expect(replaced).toMatchObject({
      status: 200,
      body: { id: created.body['id'], createdAt: created.body['createdAt'], tags: [] },
    });
    expect(replaced.body['customId']).toBeUndefined();
    expect(replaced.body['updatedAt']).not.toBe(created.body['updatedAt']);
  });

  it('PUT refuses a name that differs from the path', async () => {
    const answer = await api.put('/v1/groups/silver', { name: 'gold' });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ pointer: '/name' }] },
    });
    expect((await api.get('/v1/groups/silver')).status).toBe(404);
  });

  it('PUT by id replaces what exists, keeps or changes the name, and creates nothing', async () => {
    const { body } = await api.post('/v1/groups', { name: 'by-id', tags: ['x'] });
    expect(await api.put(`/v1/groups/${String(body['id'])}`, {})).toMatchObject({
      status: 200,
      body: { name: 'by-id', tags: [] },
    });
    expect(await api.put(`/v1/groups/${String(body['id'])}`, { name: 'renamed' })).toMatchObject({
      status: 200,
      body: { name: 'renamed' },
    });
    expect((await api.put('/v1/groups/00000000-0000-4000-8000-000000000000', {})).status).toBe(404);
  });

  it('PATCH merges, renames, removes with null, and restores defaults', async () => {
    await api.post('/v1/services', {
      name: 'patched',
      targets,
      basePath: '/v2',
      timeouts: { connectMs: 100, totalMs: 200 },
    });
    const patch = { name: 'patched-2', basePath: null, timeouts: { connectMs: 50 } };
    const answer = await api.patch('/v1/services/patched', patch, {
      'Content-Type': 'application/merge-patch+json',
    });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        name: 'patched-2',
        basePath: '/',
        timeouts: { connectMs: 50, totalMs: 200, idleMs: 60_000 },
      },
    });
    expect((await api.get('/v1/services/patched')).status).toBe(404);
  });

  it('PATCH refuses a rename to a name that is taken', async () => {
    await api.put('/v1/groups/left', {});
    await api.put('/v1/groups/right', {});
    expect(await api.patch('/v1/groups/left', { name: 'right' })).toMatchObject({
      status: 409,
      body: { code: 'name_taken' },
    });
    expect((await api.get('/v1/groups/left')).status).toBe(200);
  });

  it('a PUT or PATCH that changes nothing creates no revision and keeps the entity tag', async () => {
    const content = { name: 'calm', targets, policies: [] };
    const created = await api.post('/v1/services', content);
    const before = await head();
    for (const answer of [
      await api.put('/v1/services/calm', content),
      await api.patch('/v1/services/calm', {}),
      await api.patch('/v1/services/calm', { targets }),
    ]) {
      expect(answer).toMatchObject({
        status: 200,
        body: { revision: before, updatedAt: created.body['updatedAt'] },
      });
      expect(answer.headers.get('etag')).toBe(created.headers.get('etag'));
    }
    expect(await head()).toBe(before);
  });

  it('DELETE answers 204 with the revision, and a second one 404', async () => {
    await api.put('/v1/groups/gone', {});
    const answer = await api.delete('/v1/groups/gone');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('sluice-revision')).toBe(String(await head()));
    expect(await api.delete('/v1/groups/gone')).toMatchObject({
      status: 404,
      body: { code: 'resource_not_found' },
    });
  });

  it('two concurrent PUTs of the same new name create one resource', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        api.put('/v1/groups/raced', { tags: [`n:${index}`] }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200, 200, 200, 200, 200, 200, 200, 201,
    ]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  });

  it('resolves a wait at once when no node is connected, and reports no nodes', async () => {
    const written = await api.put('/v1/groups/waited?wait=applied&timeout=1s', {});
    expect(written).toMatchObject({ status: 201, body: { nodes: [], revision: await head() } });
    const preferred = await api.request('DELETE', '/v1/groups/waited', undefined, {
      Prefer: 'wait=2',
    });
    expect(preferred).toMatchObject({ status: 200, body: { nodes: [], revision: await head() } });
    expect(preferred.headers.get('preference-applied')).toBe('wait=2');
  });
});
