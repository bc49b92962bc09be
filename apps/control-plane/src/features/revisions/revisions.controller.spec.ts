import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('revisions', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.put('/v1/gateways/internal', {});
    await api.post(
      '/v1/services',
      { name: 'orders', targets: [{ address: '127.0.0.1:9101' }] },
      { 'X-Request-Id': 'create-orders' },
    );
    await api.post('/v1/routes', { name: 'orders', gateways: ['internal'], service: 'orders' });
    await api.patch('/v1/services/orders', { basePath: '/v2' });
    await api.patch('/v1/routes/orders', { gateways: ['default'] });
    await api.put('/v1/consumers/acme', {});
    await api.delete('/v1/routes/orders');
  });
  afterAll(() => api.close());

  it('begin with the creation of the gateway "default"', async () => {
    expect((await api.get('/v1/revisions/1')).body).toMatchObject({
      revision: 1,
      actor: 'system',
      requestId: 'first-boot',
      gateways: ['default'],
      changes: [{ action: 'created', kind: 'gateway', name: 'default', before: null }],
    });
  });

  it('are listed newest first, page by page', async () => {
    const first = await api.get('/v1/revisions?limit=3');
    expect(first.body.data?.map(({ revision }) => revision)).toEqual([8, 7, 6]);
    expect(first.body.data?.[0]).toMatchObject({
      actor: 'bootstrap',
      changes: [{ action: 'deleted', kind: 'route', name: 'orders' }],
    });
    const second = await api.get(`/v1/revisions?limit=5&after=${String(first.body['next'])}`);
    expect(second.body.data?.map(({ revision }) => revision)).toEqual([5, 4, 3, 2, 1]);
    expect(second.body['next']).toBeNull();
  });

  it('name the affected gateways before and after the change, or all for consumers', async () => {
    const listed = (await api.get('/v1/revisions')).body.data ?? [];
    expect(
      Object.fromEntries(listed.map(({ revision, gateways }) => [revision, gateways])),
    ).toEqual({
      1: ['default'],
      2: ['internal'],
      3: [],
      4: ['internal'],
      5: ['internal'],
      6: ['default', 'internal'],
      7: null,
      8: ['default'],
    });
  });

  it('show the resources before and after, with references as names', async () => {
    const { body } = await api.get('/v1/revisions/5');
    expect(body['changes']).toMatchObject([
      {
        action: 'updated',
        kind: 'service',
        name: 'orders',
        before: { basePath: '/' },
        after: { basePath: '/v2' },
      },
    ]);
    const moved = await api.get('/v1/revisions/6');
    expect(moved.body['changes']).toMatchObject([
      {
        before: { gateways: ['internal'], service: 'orders' },
        after: { gateways: ['default'], service: 'orders' },
      },
    ]);
    expect((await api.get('/v1/revisions/3')).body['requestId']).toBe('create-orders');
  });

  it('have a status at the nodes', async () => {
    expect((await api.get('/v1/revisions/8/status')).body).toEqual({
      revision: 8,
      status: 'applied',
      nodes: [],
    });
  });

  it.each(['0', '9', '-1', '1.5', 'x', '99999999999999999999'])(
    '%s is not a revision',
    async (text) => {
      expect((await api.get(`/v1/revisions/${text}`)).status).toBe(404);
      expect((await api.get(`/v1/revisions/${text}/status`)).status).toBe(404);
    },
  );
});
