import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const targets = [{ address: '127.0.0.1:9101' }];

describe('references', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.post('/v1/quotas', {
      name: 'gold',
      limits: [{ requests: 100, per: 'second', burst: 200 }],
    });
    await api.post('/v1/services', { name: 'orders', targets, quotas: ['gold'] });
  });
  afterAll(() => api.close());

  it('are written by name or id, stored as ids and shown as names', async () => {
    const service = await api.get('/v1/services/orders');
    const created = await api.post('/v1/routes', {
      name: 'by-id',
      service: service.body['id'],
      quotas: ['gold'],
    });
    expect(created).toMatchObject({
      status: 201,
      body: { service: 'orders', gateways: ['default'], quotas: ['gold'] },
    });
    const [row] = await api.sql<{ spec: { service: string } }>(
      "SELECT spec FROM resource WHERE name = 'by-id'",
    );
    expect(row?.spec.service).toBe(service.body['id']);
    expect((await api.get('/v1/routes?name=by-id')).body.data).toMatchObject([
      { service: 'orders', quotas: ['gold'] },
    ]);
  });

  it('follow a rename, which changes the entity tags of the referring resources', async () => {
    await api.post('/v1/services', { name: 'before', targets });
    const route = await api.post('/v1/routes', { name: 'follows', service: 'before' });
    await api.patch('/v1/services/before', { name: 'after' });
    const read = await api.get('/v1/routes/follows', {
      'If-None-Match': route.headers.get('etag') ?? '',
    });
    expect(read).toMatchObject({ status: 200, body: { service: 'after' } });
  });

  it('prevent the deletion of their target, and the problem names the referring resources', async () => {
    await api.post('/v1/routes', { name: 'r1', service: 'orders' });
    await api.post('/v1/routes', {
      name: 'r2',
      split: [
        { service: 'orders', weight: 1 },
        { service: 'after', weight: 1 },
      ],
    });
    const answer = await api.delete('/v1/services/orders');
    expect(answer).toMatchObject({ status: 409, body: { code: 'still_referenced' } });
    for (const name of ['route "r1"', 'route "r2"', 'route "by-id"'])
      expect(answer.body['detail']).toContain(name);
    expect((await api.delete('/v1/quotas/gold')).body['detail']).toContain(
      'route "by-id", service "orders"',
    );
    expect((await api.delete('/v1/gateways/default')).body['detail']).toContain('route "r1"');
  });

  it('can be removed, after which the target can be deleted', async () => {
    await api.post('/v1/groups', { name: 'plan' });
    await api.post('/v1/consumers', { username: 'acme', groups: ['plan'] });
    expect((await api.delete('/v1/groups/plan')).status).toBe(409);
    await api.patch('/v1/consumers/acme', { groups: null });
    expect((await api.delete('/v1/groups/plan')).status).toBe(204);
  });

  it('never dangle after concurrent writes and deletions', async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `meets-${round}`;
      await api.post('/v1/services', { name, targets });
      const [written, deleted] = await Promise.all([
        api.post('/v1/routes', { name, service: name }),
        api.delete(`/v1/services/${name}`),
      ]);
      expect([
        [201, 409],
        [400, 204],
      ]).toContainEqual([written.status, deleted.status]);
    }
    const dangling = await api.sql(
      "SELECT 1 FROM resource r WHERE kind = 'route' AND NOT EXISTS (SELECT FROM resource s WHERE s.id::text = r.spec ->> 'service') AND r.spec ? 'service'",
    );
    expect(dangling).toEqual([]);
  });
});
