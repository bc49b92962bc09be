import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('routes', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.post('/v1/services', { name: 'orders', targets: [{ address: '127.0.0.1:9101' }] });
    await api.post('/v1/services', { name: 'users', targets: [{ address: '127.0.0.1:9102' }] });
    await api.put('/v1/gateways/internal', {});
  });
  afterAll(() => api.close());

  it('that are fully shadowed get a warning that names the shadowing route', async () => {
    expect(
      (
        await api.post('/v1/routes', {
          name: 'wide',
          paths: ['/orders/*'],
          service: 'orders',
          priority: 5,
        })
      ).body['warnings'],
    ).toBeUndefined();
    const shadowed = await api.post('/v1/routes', {
      name: 'narrow',
      paths: ['/orders/*'],
      methods: ['GET'],
      service: 'users',
      hosts: [],
      priority: 1,
    });
    expect(shadowed.status).toBe(201);
    expect(shadowed.body['warnings']).toBeUndefined();
    const hidden = await api.put('/v1/routes/hidden', { paths: ['/orders/*'], service: 'users' });
    expect(hidden.body['warnings']).toEqual([
      { code: 'route_shadowed', detail: expect.stringContaining('"wide"') },
    ]);
    expect((await api.get('/v1/routes/hidden')).body['warnings']).toBeUndefined();
  });

  it('get no warning after the shadowing route is changed or deleted', async () => {
    expect((await api.patch('/v1/routes/hidden', { tags: ['a'] })).body['warnings']).toHaveLength(
      1,
    );
    await api.patch('/v1/routes/wide', { hosts: ['api.example.com'] });
    expect(
      (await api.patch('/v1/routes/hidden', { tags: ['b'] })).body['warnings'],
    ).toBeUndefined();
    await api.patch('/v1/routes/wide', { hosts: [] });
    expect((await api.patch('/v1/routes/hidden', { tags: ['c'] })).body['warnings']).toHaveLength(
      1,
    );
    await api.delete('/v1/routes/wide');
    expect(
      (await api.patch('/v1/routes/hidden', { tags: ['d'] })).body['warnings'],
    ).toBeUndefined();
  });

  it('are only reported when they are shadowed on every gateway', async () => {
    await api.post('/v1/routes', {
      name: 'first',
      paths: ['/both'],
      service: 'orders',
      priority: 9,
    });
    const onBoth = await api.post('/v1/routes', {
      name: 'second',
      gateways: ['default', 'internal'],
      paths: ['/both'],
      service: 'users',
    });
    expect(onBoth.body['warnings']).toBeUndefined();
    expect(
      (await api.patch('/v1/routes/second', { gateways: ['default'] })).body['warnings'],
    ).toHaveLength(1);
  });

  it('of a service can be created and listed under the path of the service', async () => {
    const created = await api.post('/v1/services/users/routes', {
      name: 'below',
      paths: ['/users/*'],
    });
    expect(created).toMatchObject({ status: 201, body: { service: 'users' } });
    expect(created.headers.get('location')).toBe(`/v1/routes/${String(created.body['id'])}`);
    await api.post('/v1/routes', {
      name: 'weighted',
      paths: ['/w'],
      split: [
        { service: 'orders', weight: 1 },
        { service: 'users', weight: 1 },
      ],
    });
    expect((await api.get('/v1/services/users/routes')).body.data?.map(({ name }) => name)).toEqual(
      ['below', 'hidden', 'narrow', 'second', 'weighted'],
    );
    expect((await api.get('/v1/services/users/routes?limit=1&name=below')).body.data).toHaveLength(
      1,
    );
    expect(
      (await api.post('/v1/services/users/routes', { name: 'x', service: 'orders' })).body.errors,
    ).toMatchObject([{ pointer: '/service' }]);
    expect((await api.post('/v1/services/nothing/routes', { name: 'x' })).status).toBe(404);
    expect((await api.get('/v1/services/nothing/routes')).status).toBe(404);
    expect((await api.post('/v1/services/users/routes', [])).status).toBe(400);
  });
});

describe('effective policies', () => {
  let api: TestControlPlane;
  const key = (config: object): object => ({ name: 'key-auth', config });
  const limit = (amount: number): object => ({ name: 'rate-limit', config: { limit: amount } });

  beforeAll(async () => {
    api = await startTestControlPlane();
    await api.put('/v1/gateways/internal', { policies: [limit(9)] });
    await api.patch('/v1/gateways/default', {
      policies: [limit(1), { name: 'cors', config: { origins: ['*'] } }],
    });
    await api.post('/v1/services', {
      name: 'orders',
      targets: [{ address: '127.0.0.1:9101' }],
      policies: [limit(2)],
    });
    await api.post('/v1/routes', {
      name: 'orders',
      service: 'orders',
      gateways: ['default', 'internal'],
      policies: [key({})],
    });
    await api.put('/v1/groups/gold', { policies: [limit(4)] });
    await api.put('/v1/groups/silver', { policies: [limit(3)] });
    await api.put('/v1/consumers/acme', { groups: ['silver', 'gold'] });
    await api.put('/v1/consumers/special', {
      groups: ['gold'],
      policies: [{ ...limit(5), mode: 'shadow' }],
    });
  });
  afterAll(() => api.close());

  const sources = async (query: string): Promise<unknown> => {
    const { body } = await api.get(`/v1/routes/orders/effective${query}`);
    return (body['policies'] as { name: string; from: { kind: string; name?: string } }[]).map(
      ({ name, from }) => `${name} from ${from.kind} ${from.name ?? ''}`.trim(),
    );
  };

  it('show each policy with the resource to which it is attached', async () => {
    expect(await sources('')).toEqual([
      'quota from default',
      'rate-limit from service orders',
      'cors from gateway default',
      'key-auth from route orders',
    ]);
    expect(await sources('?consumer=acme')).toContain('rate-limit from group gold');
    expect(await sources('?consumer=special')).toContain('rate-limit from consumer special');
    expect(await sources('?gateway=internal')).toEqual([
      'quota from default',
      'rate-limit from service orders',
      'key-auth from route orders',
    ]);
  });

  it('show the configuration with the defaults of the policy', async () => {
    const { body } = await api.get('/v1/routes/orders/effective?consumer=special');
    expect(body).toMatchObject({
      route: 'orders',
      gateway: 'default',
      service: 'orders',
      consumer: 'special',
    });
    const limits = (body['policies'] as { name: string; mode: string; config: object }[]).find(
      ({ name }) => name === 'rate-limit',
    );
    expect(limits).toMatchObject({ mode: 'shadow', config: { limit: 5, windowSeconds: 1 } });
  });

  it('refuse gateways, services and consumers that do not exist', async () => {
    await api.put('/v1/gateways/elsewhere', {});
    expect((await api.get('/v1/routes/orders/effective?gateway=elsewhere')).status).toBe(400);
    expect((await api.get('/v1/routes/orders/effective?consumer=no-such-consumer')).status).toBe(
      404,
    );
    expect((await api.get('/v1/routes/orders/effective?user=acme')).body['code']).toBe(
      'unknown_parameter',
    );
  });
});
