import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

const targets = [{ address: '127.0.0.1:9101' }];
const missingId = '00000000-0000-4000-8000-000000000000';

describe('faults in resources', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.post('/v1/services', { name: 'orders', targets });
    await api.post('/v1/quotas', { name: 'gold', limits: [{ requests: 1, per: 'second' }] });
  });
  afterAll(() => api.close());

  it('are all reported at once: of the schema, of policies and of dangling references', async () => {
    const answer = await api.post('/v1/routes', {
      id: missingId,
      name: 'bad name',
      gateways: ['default', 'nowhere'],
      paths: ['orders', '/ok', '~ ^/(a+)+$'],
      split: [
        { service: 'orders', weight: 1 },
        { service: 'nothing', weight: 1 },
      ],
      priority: 'high',
      servic: 'orders',
      policies: [{ name: 'no-such-policy' }, { name: 'no-such-policy' }],
      quotas: ['gold', missingId],
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    const pointers = answer.body.errors?.map(({ pointer }) => pointer) ?? [];
    expect(new Set(pointers)).toEqual(
      new Set([
        '/id',
        '/name',
        '/gateways/1',
        '/paths/0',
        '/paths/2',
        '/split/1/service',
        '/priority',
        '/servic',
        '/policies/0/name',
        '/policies/1/name',
        '/quotas/1',
      ]),
    );
    expect(answer.body.errors).toContainEqual({
      pointer: '/id',
      detail: expect.stringMatching(/^read-only: leave it out/),
    });
    expect(answer.body.errors).toContainEqual({
      pointer: '/gateways/1',
      detail: 'there is no gateway "nowhere"',
    });
  });

  it('of policies are found by the schema of the policy', async () => {
    const answer = await api.post('/v1/services', {
      name: 'x',
      targets,
      policies: [{ name: 'no-such-policy', config: {} }],
    });
    expect(answer.body.errors).toEqual([
      {
        pointer: '/policies/0/name',
        detail: expect.stringContaining('unknown policy "no-such-policy"'),
      },
    ]);
  });

  it('of expressions in policies have a position', async () => {
    const answer = await api.post('/v1/routes', {
      name: 'bad-condition',
      paths: ['/x'],
      service: 'orders',
      policies: [{ name: 'claims', config: { condition: 'claims.a == 1 &&\n  tenant == "x"' } }],
    });
    expect(answer.body['errors']).toContainEqual({
      pointer: '/policies/0/config/condition',
      detail: 'Unknown variable: tenant (line 2, column 3)',
    });
  });

  it('have the code reference_not_found when there are no others', async () => {
    const answer = await api.post('/v1/routes', { name: 'x', service: 'nothing' });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        code: 'reference_not_found',
        errors: [{ pointer: '/service', detail: 'there is no service "nothing"' }],
      },
    });
  });

  it('name a property whose default refers to a gateway that does not exist', async () => {
    const gateway = await api.patch('/v1/gateways/default', { name: 'edge' });
    expect(gateway.status).toBe(200);
    for (const answer of [
      await api.post('/v1/routes', { name: 'x', service: 'orders' }),
      await api.put('/v1/routes/x', { service: 'orders' }),
    ]) {
      expect(answer).toMatchObject({
        status: 400,
        body: {
          code: 'reference_not_found',
          errors: [
            {
              pointer: '/gateways',
              detail: 'there is no gateway "default", to which `gateways` defaults; set `gateways`',
            },
          ],
        },
      });
    }
    const named = await api.post('/v1/routes', { name: 'x', gateways: ['default'] });
    expect(named.body.errors).toContainEqual({
      pointer: '/gateways/0',
      detail: 'there is no gateway "default"',
    });
    expect((await api.patch('/v1/gateways/edge', { name: 'default' })).status).toBe(200);
  });

  it('include a reference to another kind by its id', async () => {
    const { body } = await api.get('/v1/quotas/gold');
    const answer = await api.post('/v1/routes', { name: 'x', service: body['id'] });
    expect(answer.body).toMatchObject({
      code: 'reference_not_found',
      errors: [{ pointer: '/service' }],
    });
  });

  it.each([
    ['a list', []],
    ['a string', 'orders'],
    ['null', null],
    ['a number', 7],
  ])('include %s where an object should be', async (_what, content) => {
    for (const answer of [
      await api.post('/v1/services', JSON.stringify(content)),
      await api.put('/v1/services/x', JSON.stringify(content)),
      await api.patch('/v1/services/orders', JSON.stringify(content)),
    ]) {
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', errors: [{ pointer: '' }] },
      });
    }
  });

  it.each([
    [
      'names that are inherited',
      { name: 'x', targets, constructor: {}, toString: 1 },
      ['/constructor', '/toString'],
    ],
    [
      'a number as text',
      { name: 'x', targets: [{ address: '127.0.0.1:1', weight: '5' }] },
      ['/targets/0/weight'],
    ],
    [
      'references of the wrong type',
      { name: 'x', targets, quotas: [1, null] },
      ['/quotas/0', '/quotas/1'],
    ],
    ['policies that are no list', { name: 'x', targets, policies: {} }, ['/policies']],
    ['a very long name', { name: 'x'.repeat(65), targets }, ['/name']],
  ])('include %s', async (_what, content, pointers) => {
    const answer = await api.post('/v1/services', content);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('leave no resources behind', async () => {
    const [row] = await api.sql<{ count: string }>('SELECT count(*) FROM resource');
    expect(row?.count).toBe('3');
  });

  it('include paths that are not valid names', async () => {
    for (const path of [
      '/v1/services/a%20b',
      `/v1/services/${'x'.repeat(300)}`,
      '/v1/services/%F0%9F%98%80',
      `/v1/services/${missingId}`,
    ]) {
      expect(await api.get(path)).toMatchObject({
        status: 404,
        body: { code: 'resource_not_found' },
      });
    }
    // What the edge refuses in a target is refused on this port as well.
    for (const path of ['/v1/services/%00', '/v1/services/%ff']) {
      expect(await api.get(path)).toMatchObject({ status: 400, body: { code: 'invalid_target' } });
    }
  });
});
